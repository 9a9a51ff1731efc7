package browser_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"

	"huiying"
	"huiying/dashboard/browser"
)

// The report of a month that is over is downloaded in its three formats, opened by
// other people's programs, and says the figures of the page.
func TestDownloadedReportsOpenAndSayTheFiguresOfThePage(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	in := running(t)
	leader := in.account(t, huiying.Leader)
	w := tab(t, b, in, leader, browser.Desktop)
	day := time.Now().In(huiying.Beijing).AddDate(0, 0, -31)
	must(t, w.Open("/reports?kind=monthly&date="+day.Format(time.DateOnly)))
	must(t, w.Wait("[aria-labelledby=brief-h] .figures"))
	shown, err := browser.Value[[]string](w, `[...document.querySelectorAll("[aria-labelledby=brief-h] .figures a")].map((a) => a.textContent)`)
	must(t, err)
	figure := func(pattern string) int {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(plain(strings.Join(shown, "|")))
		if m == nil {
			t.Fatalf("the page shows no %s: %v", pattern, shown)
		}
		n, err := strconv.Atoi(m[1])
		must(t, err)
		return n
	}
	opened := figure(`(\d+)新增交办`)
	if opened == 0 {
		t.Fatal("nothing happened in the month: the test sees nothing")
	}
	want := []string{
		fmt.Sprintf("信息%d条", figure(`(\d+)信息总量`)), fmt.Sprintf("负面%d条", figure(`(\d+)负面`)), fmt.Sprintf("新开交办单%d件", opened),
		fmt.Sprintf("回应%d件", figure(`(\d+)已回应`)), fmt.Sprintf("办结%d件", figure(`办结(\d+)`)),
	}

	pdf := download(t, w, "monthly.pdf", "舆情月报")
	word := download(t, w, "monthly.docx", "舆情月报")
	for name, text := range map[string]string{"PDF": pages(t, pdf), "Word": pages(t, office(t, word))} {
		for _, words := range want {
			if !strings.Contains(text, words) {
				t.Errorf("the %s file does not say %s:\n%s", name, words, huiying.Clip(text, 600))
			}
		}
	}

	book, err := excelize.OpenFile(download(t, w, "ledger.xlsx", "舆情台账"))
	must(t, err)
	defer func() { _ = book.Close() }()
	rows, err := book.GetRows(book.GetSheetName(0))
	must(t, err)
	numbers := make(map[string]bool)
	for _, row := range rows {
		if len(row) > 5 && strings.HasPrefix(row[1], "交舆") {
			numbers[row[1]] = true
		}
	}
	var listed struct{ Items []huiying.Case }
	from := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, huiying.Beijing)
	in.call(t, leader, "GET", "/cases?limit=200&from="+from.UTC().Format(time.RFC3339)+"&to="+from.AddDate(0, 1, 0).UTC().Format(time.RFC3339), nil, &listed)
	if len(listed.Items) < opened || len(numbers) != len(listed.Items) {
		t.Errorf("the ledger has %d cases, the month %d, of which %d count", len(numbers), len(listed.Items), opened)
	}
	for _, c := range listed.Items {
		if !numbers[c.Number] {
			t.Errorf("the ledger lacks %s", c.Number)
		}
	}
}

// download presses the link to a file of a report and checks what it is called.
func download(t *testing.T, w *browser.Tab, file, called string) string {
	t.Helper()
	path, err := w.Download(fmt.Sprintf("main a[href*='/reports/%s']", file), t.TempDir())
	must(t, err)
	if name := filepath.Base(path); !strings.Contains(name, called) || filepath.Ext(name) != filepath.Ext(file) {
		t.Errorf("%s is saved as %s", file, name)
	}
	return path
}

// office lets LibreOffice make a PDF of a Word file, as it prints it.
func office(t *testing.T, word string) string {
	t.Helper()
	dir := t.TempDir()
	run(t, "soffice", "--headless", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--convert-to", "pdf", "--outdir", dir, word)
	pdf := filepath.Join(dir, strings.TrimSuffix(filepath.Base(word), ".docx")+".pdf")
	if _, err := os.Stat(pdf); err != nil {
		t.Fatal("LibreOffice does not open the file")
	}
	return pdf
}

// pages is the text of a PDF without its spaces, which a program puts where it likes.
func pages(t *testing.T, pdf string) string {
	t.Helper()
	return plain(run(t, "pdftotext", "-raw", pdf, "-"))
}

func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == ',' {
			return -1
		}
		return r
	}, text)
}

// run is what a program of `make office` prints. Without it the test is skipped,
// but never in CI.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil && os.Getenv("CI") == "" {
		t.Skip(program + " is not installed: make office")
	}
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return string(out)
}
