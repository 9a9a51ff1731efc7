package report

import (
	"slices"
	"strings"
	"testing"
)

// childOrder is the order in which ECMA-376 (Part 1, CT_… of wml.xsd) lets the
// elements our documents have stand in each other. A reader that keeps to the
// schema calls a document with another order damaged. Of what is not named here
// the schema leaves the order free.
var childOrder = map[string]string{
	"w:pPr":        "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr pBdr shd tabs kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN snapToGrid spacing ind contextualSpacing jc textAlignment outlineLvl rPr sectPr",
	"w:rPr":        "rStyle rFonts b bCs i iCs caps strike color spacing w kern position sz szCs highlight u shd vertAlign lang",
	"w:pBdr":       "top left bottom right between bar",
	"w:style":      "name aliases basedOn next link uiPriority semiHidden unhideWhenUsed qFormat locked pPr rPr tblPr",
	"w:tbl":        "tblPr tblGrid tr",
	"w:tblPr":      "tblStyle tblpPr tblW jc tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook",
	"w:tblBorders": "top left bottom right insideH insideV",
	"w:tblCellMar": "top left bottom right",
	"w:tr":         "trPr tc",
	"w:tcPr":       "tcW gridSpan vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign",
	"w:sectPr":     "headerReference footerReference type pgSz pgMar pgBorders pgNumType cols titlePg docGrid",
	"w:settings":   "zoom evenAndOddHeaders characterSpacingControl compat",
	"w:font":       "altName panose1 charset family pitch sig",
	"wp:inline":    "extent effectExtent docPr cNvGraphicFramePr graphic",
	"pic:pic":      "nvPicPr blipFill spPr",
	"pic:blipFill": "blip srcRect stretch",
	"pic:spPr":     "xfrm prstGeom",
}

// ordered checks every part against the order of the schema, that a cell ends with
// a paragraph, properties stand first, and that no drawing has another's number.
func ordered(t *testing.T, w *word) {
	t.Helper()
	numbers := make(map[string]bool)
	for name, raw := range w.parts {
		if !strings.HasPrefix(name, "word/") || !strings.HasSuffix(name, ".xml") {
			continue
		}
		must(parseXML(raw)).all(func(n *node) bool {
			var kids []string
			for _, k := range n.kids {
				if k.name != "" {
					kids = append(kids, k.name)
				}
			}
			if problem := misplaced(n.name, kids); problem != "" {
				t.Errorf("%s: %s", name, problem)
			}
			if n.name == "wp:docPr" {
				if id := n.attr("id"); numbers[id] {
					t.Errorf("%s: two drawings have the number %s", name, id)
				}
				numbers[n.attr("id")] = true
			}
			return true
		})
	}
}

// misplaced says which child of an element stands where the schema has none.
func misplaced(parent string, kids []string) string {
	if order, known := childOrder[parent]; known {
		last := -1
		for _, k := range kids {
			_, local, _ := strings.Cut(k, ":")
			switch at := slices.Index(strings.Fields(order), local); {
			case at < 0:
				return k + " in " + parent + " is not in the table: look it up in the schema"
			case at < last:
				return k + " stands too late in " + parent
			default:
				last = at
			}
		}
	}
	for _, own := range map[string][]string{"w:p": {"w:pPr"}, "w:r": {"w:rPr"}, "w:tc": {"w:tcPr"}}[parent] {
		if at := slices.Index(kids, own); at > 0 {
			return own + " does not begin " + parent
		}
	}
	switch {
	case parent == "w:tc" && (len(kids) == 0 || kids[len(kids)-1] != "w:p"):
		return "a cell does not end with a paragraph"
	case parent == "w:body" && kids[len(kids)-1] != "w:sectPr":
		return "the document does not end with its section"
	case parent == "w:tbl" && !slices.Contains(kids, "w:tr"):
		return "a table has no row"
	}
	return ""
}

func TestAMisplacedElementIsFound(t *testing.T) {
	for _, c := range []struct {
		parent, kids string
		fine         bool
	}{
		{"w:pBdr", "w:top w:bottom w:between", true},
		{"w:pBdr", "w:top w:between w:bottom", false},
		{"w:pPr", "w:pStyle w:jc", true},
		{"w:pPr", "w:jc w:pStyle", false},
		{"w:tc", "w:tcPr w:p", true},
		{"w:tc", "w:tcPr", false},
		{"w:r", "w:t w:rPr", false},
		{"w:tbl", "w:tblPr w:tblGrid", false},
	} {
		if problem := misplaced(c.parent, strings.Fields(c.kids)); (problem == "") != c.fine {
			t.Errorf("%s with %s: %q", c.parent, c.kids, problem)
		}
	}
}
