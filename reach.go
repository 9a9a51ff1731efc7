package huiying

import (
	"fmt"
	"strings"
	"time"
)

// Reach is how far a response got through one channel (到达率), as the channel's
// own figures say. The parts are kept apart: there is no official formula.
type Reach struct {
	Outlet   string    `json:"outlet"`
	Reads    int64     `json:"reads"`
	Reprints int       `json:"reprints,omitempty"` // media that carried it on
	At       time.Time `json:"at"`
	By       string    `json:"by"`
}

// reach puts figures of the latest response on record; later ones of the same
// channel stand beside the earlier.
func (c *Case) reach(cmd Command, now time.Time) (string, error) {
	if cmd.Reach == nil || len(c.Responses) == 0 {
		return "", Invalid("reach", "请填写回应的传播数据")
	}
	r := *cmd.Reach
	r.Outlet = strings.TrimSpace(r.Outlet)
	switch {
	case r.Outlet == "":
		return "", Invalid("reach.outlet", "请写明是哪个渠道的数据")
	case r.Reads < 0 || r.Reprints < 0:
		return "", Invalid("reach.reads", "阅读数和转载数不能为负")
	case r.Reads == 0 && r.Reprints == 0:
		return "", Invalid("reach.reads", "阅读数和转载媒体数至少填一项")
	}
	r.At, r.By = now, cmd.By.Name
	last := &c.Responses[len(c.Responses)-1]
	last.Reach = append(last.Reach[:len(last.Reach):len(last.Reach)], r)
	return fmt.Sprintf("%s：阅读 %d，转载媒体 %d 家", r.Outlet, r.Reads, r.Reprints), nil
}
