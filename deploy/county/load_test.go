package county_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"huiying"
	"huiying/deploy/county"
)

const jiaocheng huiying.Region = "141122"

func sample(t testing.TB) *huiying.County {
	t.Helper()
	files, err := county.Embedded(jiaocheng)
	if err != nil {
		t.Fatal(err)
	}
	c, err := county.Load(files)
	if err != nil {
		t.Fatalf("the sample county has problems:\n%v", err)
	}
	return c
}

func TestTheSampleCountyIsComplete(t *testing.T) {
	t.Parallel()
	c := sample(t)
	if c.Region != jiaocheng || c.Name != "交城县" {
		t.Errorf("county is %s %s", c.Region, c.Name)
	}
	counts := make(map[string]int)
	for _, d := range c.Divisions {
		kind := d.Kind
		if d.Former {
			kind = "former " + kind
		}
		counts[kind]++
	}
	for kind, want := range map[string]int{
		"county": 1, "township": 8, "village": 103, "community": 7, "former township": 12, "former village": 42,
	} {
		if counts[kind] != want {
			t.Errorf("%d of kind %s, want %d", counts[kind], kind, want)
		}
	}
	for _, name := range []string{"卦山", "天宁寺", "玄中寺", "庞泉沟", "云顶山", "关帝山", "狐爷山", "文峪河", "文峪河水库", "柏叶口水库", "西冶河", "瓦窑河"} {
		if !slices.ContainsFunc(c.Divisions, func(d huiying.Division) bool { return d.Name == name }) {
			t.Errorf("the well-known place %s is missing", name)
		}
	}
	if len(c.Units) != 50 {
		t.Errorf("%d units, want 50", len(c.Units))
	}
	for _, name := range []string{"交口县", "清徐", "文水", "古交", "娄烦", "方山县", "离石", "汾阳市"} {
		if !slices.Contains(c.Neighbors, name) {
			t.Errorf("neighbour %s is missing", name)
		}
	}
}

func TestEveryUnitNamesItsFourContacts(t *testing.T) {
	t.Parallel()
	for _, u := range sample(t).Units {
		if u.Region != jiaocheng || u.Department == "" || u.Short == "" || len(u.Keywords) == 0 {
			t.Errorf("%s lacks region, department, short name or keywords: %+v", u.ID, u)
		}
		for role, c := range map[string]huiying.Contact{"head": u.Head, "liaison": u.Liaison, "handler": u.Handler} {
			if want := huiying.UserID(string(u.ID) + "-" + role); c.User != want || c.Title == "" {
				t.Errorf("%s %s is %+v, want account %s and a title", u.ID, role, c, want)
			}
			if c.Phone != "" {
				t.Errorf("%s %s has an invented phone number", u.ID, role)
			}
		}
	}
}

func TestPlacesThatAreEasilyConfused(t *testing.T) {
	t.Parallel()
	c := sample(t)
	find := func(name string) huiying.Division {
		i := slices.IndexFunc(c.Divisions, func(d huiying.Division) bool { return d.Name == name })
		if i < 0 {
			t.Fatalf("no division %s", name)
		}
		return c.Divisions[i]
	}
	if d := find("石家庄村委会"); d.Township != "141122100" || d.Bare != "石家庄" || d.National != 50 {
		t.Errorf("石家庄 is a village of 天宁镇 with 50 namesakes, got %+v", d)
	}
	if d := find("会立乡"); !d.Former || !slices.Equal(d.Now, []huiying.Region{"141122202", "141122105"}) {
		t.Errorf("会立乡 was split over two townships, got %+v", d)
	}
	if d := find("横尖镇"); !d.Former || !slices.Equal(d.Now, []huiying.Region{"141122105"}) {
		t.Errorf("横尖镇 is an old name of 庞泉沟镇, got %+v", d)
	}
	if d := find("文峪河"); d.Township != "" || d.Code != jiaocheng {
		t.Errorf("文峪河 crosses townships, got %+v", d)
	}
}

// topics of DOMAIN §6 with their default weights.
var topics = map[string]float64{
	"安全事故": 5, "自然灾害": 5, "公共卫生": 5, "群体聚集": 5, "涉未成年人": 5, "征地拆迁": 4, "环境污染": 4, "食品药品": 4,
	"劳资欠薪": 4, "医疗": 4, "作风腐败": 4, "涉警涉法": 4, "供暖供水供气停电": 3, "教育政策": 3, "物业烂尾": 3, "交通": 3,
	"城管": 3, "退役军人": 3, "民族宗教": 4, "误解误读": 0, "谣言": 0, // the last two are flags: any weight
	// our own divisions of these, where another unit leads
	"道路交通事故": 5, "未成年人失踪受侵害": 5, "房屋征收": 4, "村务三资": 3,
}

func TestEveryTopicHasItsWeightAndWords(t *testing.T) {
	t.Parallel()
	lexicon, topics := sample(t).Lexicon, maps.Clone(topics)
	for _, topic := range lexicon.Topics {
		want, known := topics[topic.Name]
		if !known {
			t.Errorf("topic %s is none of DOMAIN §6", topic.Name)
		}
		delete(topics, topic.Name)
		if want != 0 && topic.Weight != want {
			t.Errorf("topic %s weighs %v, want %v", topic.Name, topic.Weight, want)
		}
		if n := len(topic.Words); n < 12 || n > 48 {
			t.Errorf("topic %s has %d words, want 12 to 48", topic.Name, n)
		}
		if len(topic.Veto) == 0 || topic.Category == "" {
			t.Errorf("topic %s has no veto contexts or no category", topic.Name)
		}
	}
	for name := range topics {
		t.Errorf("topic %s is missing", name)
	}
	if len(lexicon.Terms) == 0 {
		t.Error("no terms for the segmenter")
	}
}

func TestTheFlagsOfSpecialCareAreRaised(t *testing.T) {
	t.Parallel()
	raised := make(map[huiying.Flag][]string)
	for _, topic := range sample(t).Lexicon.Topics {
		for _, f := range topic.Flags {
			raised[f] = append(raised[f], topic.Name)
		}
	}
	for f, want := range map[huiying.Flag][]string{
		huiying.FlagDisaster: {"自然灾害"}, huiying.FlagHealth: {"公共卫生"}, huiying.FlagMisreading: {"误解误读"},
		huiying.FlagLivelihood: {"征地拆迁", "房屋征收", "环境污染", "供暖供水供气停电"},
		huiying.FlagAccident:   {"安全事故", "道路交通事故"}, huiying.FlagMinor: {"涉未成年人", "未成年人失踪受侵害"},
		huiying.FlagGathering: {"群体聚集"}, huiying.FlagRumor: {"谣言"},
		huiying.FlagSensitive: {"退役军人", "民族宗教"},
	} {
		if !slices.Equal(raised[f], want) {
			t.Errorf("%s is raised by %v, want %v", f, raised[f], want)
		}
	}
}

func TestACodeThatIsNoCountysSaysWhatToGiveInstead(t *testing.T) {
	t.Parallel()
	for code, want := range map[huiying.Region]string{"140599": "没有代码", "1499": "没有代码", "141122100": "没有代码", "": "没有找到"} {
		if _, err := county.Embedded(code); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q in it", code, err, want)
		}
	}
}

func TestInitWritesFilesThatLoad(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "county")
	if err := county.WriteTo(jiaocheng, dir); err != nil {
		t.Fatal(err)
	}
	written, err := county.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if written.Rules.Version != sample(t).Rules.Version {
		t.Errorf("written version %s, built-in %s", written.Rules.Version, sample(t).Rules.Version)
	}
}

func TestInitOverwritesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mine := filepath.Join(dir, "levels.yaml")
	if err := os.WriteFile(mine, []byte("rules: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := county.WriteTo(jiaocheng, dir)
	if huiying.CodeOf(err) != huiying.CodeConflict || !strings.Contains(err.Error(), "levels.yaml") {
		t.Errorf("error %v does not name the file in the way", err)
	}
	if got, _ := os.ReadFile(mine); string(got) != "rules: []\n" {
		t.Error("the file in the way was changed")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files after a refusal, want the one that was there", len(entries))
	}
}

func TestTheVersionChangesWithTheRules(t *testing.T) {
	t.Parallel()
	files := copyOf(t)
	files["levels.yaml"].Data = append(files["levels.yaml"].Data, "# 改过\n"...)
	c, err := county.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	before := sample(t).Rules.Version
	if c.Rules.Version == before || !strings.HasPrefix(c.Rules.Version, "2026.11.1+") {
		t.Errorf("version %s after an edit of %s", c.Rules.Version, before)
	}
}

// copyOf is the sample county in memory, to be broken.
func copyOf(t testing.TB) fstest.MapFS {
	t.Helper()
	files, err := county.Embedded(jiaocheng)
	if err != nil {
		t.Fatal(err)
	}
	out := make(fstest.MapFS)
	for _, name := range county.Files {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: raw}
	}
	return out
}

func problemsOf(t testing.TB, files fs.FS) county.Problems {
	t.Helper()
	c, err := county.Load(files)
	if err == nil {
		return nil
	}
	var problems county.Problems
	if !errors.As(err, &problems) || !errors.Is(err, huiying.ErrInvalid) || c != nil {
		t.Fatalf("Load returned %v and an error that is not Problems: %v", c, err)
	}
	return problems
}

func BenchmarkLoad(b *testing.B) {
	files, err := county.Embedded(jiaocheng)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := county.Load(files); err != nil {
			b.Fatal(err)
		}
	}
}
