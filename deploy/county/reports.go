package county

import (
	"io/fs"
	"slices"

	"huiying"
)

// templateFolder holds the Word templates of reports.
const templateFolder = "templates"

// templateFiles are the Word templates of a county folder, by name.
func templateFiles(fsys fs.FS) []string {
	names, err := fs.Glob(fsys, templateFolder+"/*.docx")
	if err != nil {
		panic(err) // the pattern is right
	}
	return names
}

// Templates is the folder of Word templates of a county. For a folder written
// before there were any it is the built-in one.
func Templates(fsys fs.FS) fs.FS {
	if len(templateFiles(fsys)) == 0 {
		fsys, _ = fs.Sub(embedded, string(model)) // it is built in
	}
	sub, err := fs.Sub(fsys, templateFolder)
	if err != nil {
		panic(err) // the name is right
	}
	return sub
}

func (l *loader) loadReports() {
	var f huiying.ReportRules
	d := l.open(reportsFile, &f)
	l.county.Rules.Reports = f
	d.need("version", f.Version)
	d.need("author", f.Author)
	d.need("issuer", f.Issuer)
	lines := make(map[huiying.ReportKind]int)
	for i, r := range f.Rules {
		at := index("rules", i)
		oneOf(d, at+".kind", r.Kind, huiying.ReportKinds)
		if before, twice := lines[r.Kind]; twice {
			d.blame(at+".kind", "%s 重复，第 %d 行已有", r.Kind, before)
		}
		lines[r.Kind] = d.line(at + ".kind")
		d.need(at+".title", r.Title)
		d.need(at+".code", r.Code)
		if err := r.Check(); err != nil {
			d.blame(at+".at", "%v", err)
		}
		for j, to := range r.MailTo {
			if !huiying.Role(to).Valid() && !l.units[huiying.UnitID(to)] {
				d.blame(index(at+".mail_to", j), "%q 既不是角色也不是单位编号；角色有 %s", to, join(huiying.Roles))
			}
		}
		if r.Attach && len(r.MailTo) == 0 {
			d.blame(at+".attach", "attach 为 true 时须写 mail_to")
		}
		if slices.Contains(r.CopyTo, "") {
			d.blame(at+".copy_to", "抄送有空的单位，请删去")
		}
	}
}
