package county

import (
	"time"

	"huiying"
)

var tiers = []huiying.MediaTier{
	huiying.TierSelf, huiying.TierCounty, huiying.TierCity, huiying.TierProvincial, huiying.TierCentral,
}

// leastInterval is the shortest time between two visits: the sources are other
// people's servers.
const leastInterval = time.Minute

func (l *loader) loadSources() {
	var f struct {
		Sources []huiying.Source `yaml:"sources"`
	}
	d := l.open(sourcesFile, &f)
	lines := make(map[huiying.SourceID]int)
	for i := range f.Sources {
		s, at := &f.Sources[i], index("sources", i)
		if !id.MatchString(string(s.ID)) {
			d.blame(at+".id", "编号应为小写字母开头的字母、数字和连字符，收到 %q", s.ID)
		} else if before, twice := lines[s.ID]; twice {
			d.blame(at+".id", "编号 %s 重复，第 %d 行已用", s.ID, before)
		}
		lines[s.ID] = d.line(at + ".id")
		if s.Region == "" {
			s.Region = l.county.Region
		} else if !l.county.Region.Covers(s.Region) {
			d.blame(at+".region", "代码 %s 不属于本县（%s）", s.Region, l.county.Region)
		}
		oneOf(d, at+".kind", s.Kind, huiying.SourceKinds)
		d.need(at+".name", s.Name)
		if err := s.CheckURL(); err != nil {
			d.blame(at+".url", "%v", err)
		}
		oneOf(d, at+".channel", s.Channel, huiying.Channels)
		if s.Tier != "" {
			oneOf(d, at+".tier", s.Tier, tiers)
		}
		if time.Duration(s.Every) < leastInterval {
			d.blame(at+".every", "采集间隔至少 1m，以免打扰对方网站")
		}
	}
	l.county.Sources = f.Sources
}
