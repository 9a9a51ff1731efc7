// Package report writes what the desk knows as documents an office can sign and
// file: Word, PDF and Excel.
//
// What a report says is computed in the root package ([huiying.BriefOf] and its
// siblings); this package gathers the data for it, turns it into the names of a
// Word template ({{标题}}, {{#重点舆情}} … {{/重点舆情}}) and fills the template the
// office may edit in Word. A PDF is drawn from the filled document, so both say
// the same. It sends nothing and keeps nothing. Start reading at [Reporter.Write].
package report
