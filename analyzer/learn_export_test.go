package analyzer

import "huiying"

// Read reads examples and returns what fits and measures a model of them.
func (a *Analyzer) Read(examples []huiying.Example) func() {
	var lessons []lesson
	for _, e := range examples {
		if l, ok := a.lesson(e); ok {
			lessons = append(lessons, l)
		}
	}
	return func() {
		s := newSchool(lessons, 1)
		s.examine(huiying.ExampleUnit)
		s.teach(lessons)
	}
}
