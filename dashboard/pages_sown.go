package dashboard

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"huiying"
)

// apart is a setting in which a source is not as sources.yaml has it.
type apart struct{ Label, Now, File string }

var settingLabels = map[string]string{
	"name": "名称", "kind": "类型", "url": "网址", "channel": "渠道", "tier": "媒体层级", "every": "采集间隔", "paused": "采集", "options": "选项",
}

// apartOf lists where a source is not as the file has it; nothing of one that the
// file does not have.
func apartOf(src huiying.Source, sown map[huiying.SourceID]huiying.Source) []apart {
	file, ok := sown[src.ID]
	if !ok {
		return nil
	}
	names := src.Differences(file)
	out := make([]apart, len(names))
	for i, name := range names {
		out[i] = apart{settingLabels[name], settingText(src, name), settingText(file, name)}
	}
	return out
}

func settingText(s huiying.Source, name string) string {
	switch name {
	case "name":
		return s.Name
	case "kind":
		if i := slices.IndexFunc(sourceKindOptions, func(o option) bool { return o.Value == s.Kind }); i >= 0 {
			return sourceKindOptions[i].Label
		}
		return s.Kind
	case "url":
		return s.URL
	case "channel":
		return s.Channel.Label()
	case "tier":
		return s.Tier.Label()
	case "every":
		return "每 " + huiying.SpanText(time.Duration(s.Every))
	case "paused":
		if s.Paused {
			return "暂停"
		}
		return "进行"
	}
	return cmp.Or(optionsText(s.Options), "无")
}

// takeFile makes a source as sources.yaml has it again.
func (s *Server) takeFile(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	src, err := (api{Server: s}).source(r.Context(), p, huiying.SourceID(r.PathValue("id")))
	if err != nil {
		return err
	}
	sown, err := s.cfg.Ledger.SownSources(r.Context(), src.Region)
	if err != nil {
		return fmt.Errorf("read the sources of the file: %w", err)
	}
	file, ok := sown[src.ID]
	if !ok {
		return huiying.Errorf(huiying.CodeNotFound, "sources.yaml 里没有这个信源")
	}
	if err := s.keepSource(r, p, file); err != nil {
		return err
	}
	return redirect(w, r, "/sources?done=file")
}
