package report

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// word is a .docx: a zip of parts.
type word struct {
	parts map[string][]byte
	order []string
	media int // pictures added
	ids   int // drawings added
}

const (
	mainPart    = "word/document.xml"
	maxTemplate = 16 << 20 // bytes of one part; an office template has kilobytes
)

// Namespaces and relationships of ECMA-376.
const (
	nsWord     = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	nsRel      = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	nsDrawing  = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
	nsArt      = "http://schemas.openxmlformats.org/drawingml/2006/main"
	nsPicture  = "http://schemas.openxmlformats.org/drawingml/2006/picture"
	nsVML      = "urn:schemas-microsoft-com:vml"
	nsOffice   = "urn:schemas-microsoft-com:office:office"
	nsPackage  = "http://schemas.openxmlformats.org/package/2006/relationships"
	typeHeader = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
)

func openWord(raw []byte) (*word, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, errors.New("不是 .docx 文件，请在 Word 里另存为“Word 文档（*.docx）”")
	}
	w := &word{parts: make(map[string][]byte, len(z.File))}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		b, err := io.ReadAll(io.LimitReader(r, maxTemplate+1))
		_ = r.Close() // read to the end
		if err != nil || len(b) > maxTemplate {
			return nil, errors.Join(fmt.Errorf("%s 读不出来或过大", f.Name), err)
		}
		w.put(f.Name, b)
	}
	if w.parts[mainPart] == nil || w.parts["[Content_Types].xml"] == nil {
		return nil, errors.New("不是 Word 文档，请在 Word 里另存为“Word 文档（*.docx）”")
	}
	return w, nil
}

func (w *word) put(name string, b []byte) {
	if _, there := w.parts[name]; !there {
		w.order = append(w.order, name)
	}
	w.parts[name] = b
}

// bytes writes the zip; the same parts give the same bytes.
func (w *word) bytes() ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	order := slices.Clone(w.order)
	slices.SortStableFunc(order, func(a, b string) int { // readers want it first
		return cmp.Compare(boolInt(a != "[Content_Types].xml"), boolInt(b != "[Content_Types].xml"))
	})
	for _, name := range order {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(w.parts[name]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// texts are the parts that are filled: the document, its headers and footers.
func (w *word) texts() []string {
	var out []string
	for _, name := range w.order {
		base := path.Base(name)
		if name == mainPart || path.Dir(name) == "word" && path.Ext(name) == ".xml" && (strings.HasPrefix(base, "header") || strings.HasPrefix(base, "footer")) {
			out = append(out, name)
		}
	}
	return out
}

// fill puts the fields of a view into every part. every is a check: see filler.
func (w *word) fill(view reflect.Value, every bool) error {
	for _, name := range w.texts() {
		root, err := parseXML(w.parts[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f := &filler{
			scopes: []reflect.Value{view}, every: every,
			links: func(url string) string {
				return w.relate(name, nsRel+"/hyperlink", url, true)
			},
			image: func(p Picture) *node { return w.picture(name, p) },
		}
		if err := f.fill(root); err != nil {
			return err
		}
		if len(w.parts[relsOf(name)]) > 0 { // prefixes that what we add needs
			root.set("xmlns:r", nsRel)
			root.set("xmlns:wp", nsDrawing)
		}
		w.put(name, root.bytes())
	}
	return nil
}

func relsOf(part string) string { return path.Dir(part) + "/_rels/" + path.Base(part) + ".rels" }

// relate adds a relationship of a part, or finds the same one, and returns its ID.
func (w *word) relate(part, kind, target string, external bool) string {
	name := relsOf(part)
	root := elem("Relationships", []string{"xmlns", nsPackage})
	if raw := w.parts[name]; raw != nil {
		if found, err := parseXML(raw); err == nil {
			root = found
		}
	}
	used := make(map[string]bool)
	for _, k := range root.kids {
		if k.attr("Type") == kind && k.attr("Target") == target {
			return k.attr("Id")
		}
		used[k.attr("Id")] = true
	}
	id := ""
	for i := len(root.kids) + 1; id == "" || used[id]; i++ {
		id = "rId" + strconv.Itoa(i)
	}
	r := elem("Relationship", []string{"Id", id, "Type", kind, "Target", target})
	if external {
		r.set("TargetMode", "External")
	}
	root.kids = append(root.kids, r)
	w.put(name, root.bytes())
	return id
}

// declare makes a content type known.
func (w *word) declare(element, key, value, mime string) {
	root, err := parseXML(w.parts["[Content_Types].xml"])
	if err != nil {
		return // it was read before
	}
	for _, k := range root.kids {
		if k.name == element && strings.EqualFold(k.attr(key), value) {
			return
		}
	}
	n := elem(element, []string{key, value, "ContentType", mime})
	if element == "Default" { // before the overrides
		root.kids = slices.Insert(root.kids, 0, n)
	} else {
		root.kids = append(root.kids, n)
	}
	w.put("[Content_Types].xml", root.bytes())
}

const emuPerMM = 36000

func (w *word) picture(part string, p Picture) *node {
	w.media++
	file := fmt.Sprintf("media/chart%d.png", w.media)
	w.put("word/"+file, p.PNG)
	w.declare("Default", "Extension", "png", "image/png")
	id := w.relate(part, nsRel+"/image", file, false)
	w.ids++
	cx, cy := strconv.Itoa(int(p.Width*emuPerMM)), strconv.Itoa(int(p.Height*emuPerMM))
	number := strconv.Itoa(1000 + w.ids)
	return elem("w:drawing", nil,
		elem("wp:inline", []string{"distT", "0", "distB", "0", "distL", "0", "distR", "0"},
			elem("wp:extent", []string{"cx", cx, "cy", cy}),
			elem("wp:docPr", []string{"id", number, "name", "图" + strconv.Itoa(w.ids), "descr", p.Alt}),
			elem("a:graphic", []string{"xmlns:a", nsArt},
				elem("a:graphicData", []string{"uri", nsPicture},
					elem("pic:pic", []string{"xmlns:pic", nsPicture},
						elem("pic:nvPicPr", nil, elem("pic:cNvPr", []string{"id", number, "name", "图" + strconv.Itoa(w.ids)}), elem("pic:cNvPicPr", nil)),
						elem("pic:blipFill", nil, elem("a:blip", []string{"r:embed", id}), elem("a:stretch", nil, elem("a:fillRect", nil))),
						elem("pic:spPr", nil,
							elem("a:xfrm", nil, elem("a:off", []string{"x", "0", "y", "0"}), elem("a:ext", []string{"cx", cx, "cy", cy})),
							elem("a:prstGeom", []string{"prst", "rect"}, elem("a:avLst", nil))))))))
}

// watermark writes who took the document out, slanting behind every page.
func (w *word) watermark(text string) error {
	root, err := parseXML(w.parts[mainPart])
	if err != nil {
		return err
	}
	targets := make(map[string]string) // of the document's relationships
	if rels, err := parseXML(w.parts[relsOf(mainPart)]); err == nil {
		for _, k := range rels.kids {
			targets[k.attr("Id")] = path.Join("word", k.attr("Target"))
		}
	}
	headers := make(map[string]bool)
	root.all(func(n *node) bool {
		if n.name != "w:sectPr" {
			return true
		}
		kinds := make(map[string]bool)
		for _, k := range n.kids {
			if k.name == "w:headerReference" {
				kinds[k.attr("w:type")] = true
				headers[targets[k.attr("r:id")]] = true
			}
		}
		if !kinds["default"] {
			const part = "word/header_mark.xml"
			if w.parts[part] == nil {
				w.put(part, elem("w:hdr", []string{"xmlns:w", nsWord, "xmlns:r", nsRel}, elem("w:p", nil)).bytes())
				w.declare("Override", "PartName", "/"+part, typeHeader)
			}
			headers[part] = true
			n.kids = slices.Insert(n.kids, 0, elem("w:headerReference", []string{"w:type", "default", "r:id", w.relate(mainPart, nsRel+"/header", path.Base(part), false)}))
		}
		return false
	})
	root.set("xmlns:r", nsRel)
	w.put(mainPart, root.bytes())
	for i, part := range slices.Sorted(maps.Keys(headers)) {
		hdr, err := parseXML(w.parts[part])
		if err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		hdr.set("xmlns:v", nsVML)
		hdr.set("xmlns:o", nsOffice)
		p := hdr.kid("w:p")
		if p == nil {
			p = elem("w:p", nil)
			hdr.kids = append(hdr.kids, p)
		}
		p.kids = append(p.kids, markShape(text, i))
		w.put(part, hdr.bytes())
	}
	return nil
}

func markShape(text string, i int) *node {
	shape := elem("v:shape", []string{
		"id", "HuiyingMark" + strconv.Itoa(i), "type", "#_x0000_t136", "alt", text,
		"style", "position:absolute;margin-left:0;margin-top:0;width:430pt;height:20pt;rotation:320;z-index:-251658752;mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin",
		"fillcolor", "#d9d9d9", "stroked", "f",
	},
		elem("v:fill", []string{"opacity", ".55"}),
		elem("v:textpath", []string{"style", "font-family:'黑体';font-size:1pt", "string", text}))
	kind := elem("v:shapetype", []string{
		"id", "_x0000_t136", "coordsize", "21600,21600", "o:spt", "136", "adj", "10800", "path", "m@7,l@8,m@5,21600l@6,21600e",
	},
		elem("v:formulas", nil,
			elem("v:f", []string{"eqn", "sum #0 0 10800"}), elem("v:f", []string{"eqn", "prod #0 2 1"}), elem("v:f", []string{"eqn", "sum 21600 0 @1"}),
			elem("v:f", []string{"eqn", "sum 0 0 @2"}), elem("v:f", []string{"eqn", "sum 21600 0 @3"}), elem("v:f", []string{"eqn", "if @0 @3 0"}),
			elem("v:f", []string{"eqn", "if @0 21600 @1"}), elem("v:f", []string{"eqn", "if @0 0 @2"}), elem("v:f", []string{"eqn", "if @0 @4 21600"})),
		elem("v:path", []string{"textpathok", "t", "o:connecttype", "custom"}),
		elem("v:textpath", []string{"on", "t", "fitshape", "t"}))
	return elem("w:r", nil, elem("w:pict", nil, kind, shape))
}

// text is what the document says, for tests and previews.
func (w *word) text() (string, error) {
	root, err := parseXML(w.parts[mainPart])
	if err != nil {
		return "", err
	}
	return root.say(), nil
}
