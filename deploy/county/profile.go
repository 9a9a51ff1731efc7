package county

import (
	"errors"

	"huiying"
)

// offlineChannels are the ways in of what an office writes down by hand.
var offlineChannels = []huiying.Channel{
	huiying.ChannelHotline, huiying.ChannelLetter, huiying.ChannelMedia, huiying.ChannelManual, huiying.ChannelGov,
}

func (l *loader) loadProfiles() {
	var f struct {
		Profiles []huiying.Profile `yaml:"profiles"`
	}
	d := l.open(profilesFile, &f)
	lines := make(map[string]int)
	for i := range f.Profiles {
		p, at := &f.Profiles[i], index("profiles", i)
		p.Region = l.county.Region
		d.need(at+".name", p.Name)
		if before, twice := lines[p.Name]; twice {
			d.blame(at+".name", "模板 %s 重复，第 %d 行已用", p.Name, before)
		}
		lines[p.Name] = d.line(at + ".name")
		oneOf(d, at+".channel", p.Channel, offlineChannels)
		d.need(at+".source", p.Source)
		sound := true
		for j, c := range p.Columns {
			if err := c.Check(); err != nil {
				d.blameFor(index(at+".columns", j), err)
				sound = false
			}
		}
		if err := p.Check(); err != nil && sound && p.Name != "" && p.Channel.Valid() {
			d.blameFor(at, err)
		}
	}
	l.county.Profiles = f.Profiles
}

// blameFor reports what the domain says at the line of the field it names.
func (d *document) blameFor(path string, err error) {
	var e *huiying.Error
	if errors.As(err, &e) {
		d.blame(path+"."+e.Field, "%s", e.Message)
	}
}
