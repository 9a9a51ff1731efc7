package dashboard

import (
	"strings"
	"testing"

	"huiying"
)

func TestAPasswordMatchesItsOwnHashOnly(t *testing.T) {
	hash, err := HashPassword("北岳恒山-Taihang9")
	if err != nil {
		t.Fatal(err)
	}
	again, err := HashPassword("北岳恒山-Taihang9")
	if err != nil {
		t.Fatal(err)
	}
	if hash == again {
		t.Error("two hashes of one password are equal: the salt is missing")
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("not a PHC string of the cost we mean: %s", hash)
	}
	if !CheckPassword(hash, "北岳恒山-Taihang9") || !CheckPassword(again, "北岳恒山-Taihang9") {
		t.Error("the right password does not match")
	}
	for _, wrong := range []string{"", "北岳恒山-Taihang8", "北岳恒山-Taihang9 ", strings.Repeat("a", 5000)} {
		if CheckPassword(hash, wrong) {
			t.Errorf("%.20q matches", wrong)
		}
	}
}

func TestWhatIsNoHashMatchesNothing(t *testing.T) {
	good, err := HashPassword("x")
	if err != nil {
		t.Fatal(err)
	}
	for name, hash := range map[string]string{
		"empty":                "",
		"plain text":           "x",
		"another algorithm":    strings.Replace(good, "argon2id", "argon2i", 1),
		"another version":      strings.Replace(good, "v=19", "v=16", 1),
		"no cost":              strings.Replace(good, "m=19456,t=2,p=1", "", 1),
		"a cost without bound": strings.Replace(good, "m=19456", "m=99999999", 1),
		"no passes":            strings.Replace(good, "t=2", "t=0", 1),
		"no lanes":             strings.Replace(good, "p=1", "p=0", 1),
		"broken key":           good[:len(good)-3] + "!!!",
		"short key":            good[:strings.LastIndex(good, "$")+1] + "AAAA",
		"extra part":           good + "$",
	} {
		if CheckPassword(hash, "x") {
			t.Errorf("%s matches", name)
		}
	}
	if CheckPassword(nobodysHash, "") {
		t.Error("nobody's hash matches the empty password")
	}
}

func TestWeakPasswordsAreRefused(t *testing.T) {
	for password, ok := range map[string]bool{
		"Jiaocheng-2026": true, "Guashan#tianning1": true, "玄中寺tianNing7": true,
		"Aa1!aaaaaaaa": false, "Password123!": false, "P@ssw0rd2026": false, "Admin@123456": false, "Qwer1234!@#$": false, "1qaz@WSX3edc": false, "Zaq12wsx!@#": false,
		"Woaini5201314": false, "Adm1n-888888": false, "LIAISON1-abX": false, "Qazwsx-Edcrfv9": true, "Properties-of-7": true,
		"": false, "Short-1a": false, "alllowercase": false, "lower12345678": false, "Wang-liaison1": false, strings.Repeat("Aa1-", 60): false,
	} {
		err := CheckNewPassword("liaison1", password)
		if (err == nil) != ok {
			t.Errorf("%q: %v", password, err)
		}
		if err != nil && huiying.CodeOf(err) != huiying.CodeInvalid {
			t.Errorf("%q: %v is no input error", password, err)
		}
	}
}
