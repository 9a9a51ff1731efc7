package main

// embedded are the parts of the program that are not Go modules: scripts, icons
// and dictionaries, embedded from where they lie.
var embedded = []struct {
	folder, name, version, license, purl string
}{
	{"dashboard/assets/vendor/htmx", "htmx.org", "2.0.11", "0BSD", "pkg:npm/htmx.org@2.0.11"},
	{"dashboard/assets/vendor/echarts", "echarts", "6.1.0", "Apache-2.0", "pkg:npm/echarts@6.1.0"},
	{"dashboard/assets/vendor/tabler-icons", "@tabler/icons", "3.51.0", "MIT", "pkg:npm/%40tabler/icons@3.51.0"},
	{"analyzer/dict", "jieba dictionaries", "", "MIT", "pkg:github/yanyiwu/cppjieba"},
}
