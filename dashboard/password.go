package dashboard

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"huiying"
)

// The cost of a password hash: 19 MiB, two passes, one lane (OWASP's first
// recommendation for argon2id), some 30 ms on one core.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32
	argonSalt    = 16
)

// What a new password must be like. The upper length bounds the work of a sign-in.
const (
	minPassword = 10
	maxPassword = 200

	minDifferent = 6 // characters, each counted once
)

// HashPassword makes the PHC string of a password with a new salt.
func HashPassword(password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("making a salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// CheckPassword reports whether password is the one hash was made from. It
// takes the cost from the hash, within bounds; what is no argon2id PHC string
// never matches.
func CheckPassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || len(password) > 4*maxPassword {
		return false
	}
	var version, memory, time, threads uint32
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false
	}
	if memory < 8 || memory > 1<<20 || time < 1 || time > 16 || threads < 1 || threads > 16 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 || len(want) > 128 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, uint8(threads), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// CheckNewPassword refuses a password that is too weak to be set (GB/T 22239:
// length and at least three of lower case, upper case, digits and signs), or that
// is soon guessed.
func CheckNewPassword(user huiying.UserID, password string) error {
	n := utf8.RuneCountInString(password)
	if n < minPassword || n > maxPassword {
		return huiying.Invalid("password", "密码应为 %d–%d 个字符", minPassword, maxPassword)
	}
	if user != "" && strings.Contains(strings.ToLower(password), strings.ToLower(string(user))) {
		return huiying.Invalid("password", "密码不能包含用户名")
	}
	var lower, upper, digit, sign int
	for _, r := range password {
		switch {
		case r >= 'a' && r <= 'z':
			lower = 1
		case r >= 'A' && r <= 'Z':
			upper = 1
		case r >= '0' && r <= '9':
			digit = 1
		default:
			sign = 1
		}
	}
	if lower+upper+digit+sign < 3 {
		return huiying.Invalid("password", "密码应含大写字母、小写字母、数字、符号中的至少三种")
	}
	if different(password) < minDifferent {
		return huiying.Invalid("password", "密码中不同的字符太少，应至少有 %d 个（不分大小写）", minDifferent)
	}
	if different(unguessed(password)) < minDifferent {
		return huiying.Invalid("password", "密码太容易猜到：去掉 password、admin、123、qwerty 一类常见的词和键盘上相邻的键，应至少还有 %d 个不同的字符", minDifferent)
	}
	return nil
}

// different is how many characters a password has, each counted once and letters
// without their case.
func different(password string) int {
	seen := map[rune]bool{}
	for _, r := range strings.ToLower(password) {
		seen[r] = true
	}
	return len(seen)
}

// What guessing begins with: rows of keys and letters, either way, and words.
var (
	guessedRows  = []string{"1234567890", "!@#$%^&*()", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv", "abcdefghijklmnopqrstuvwxyz"}
	guessedWords = []string{
		"administrator", "password", "passwd", "iloveyou", "woaini", "welcome", "letmein", "sunshine", "football", "princess",
		"huiying", "yuqing", "manager", "monkey", "dragon", "master", "secret", "system", "admin", "guest", "login", "hello", "pass", "root", "test", "user",
		"5201314", "520", "666", "888", "123", "321", "abc", "qaz",
	}
	disguises = strings.NewReplacer("@", "a", "4", "a", "0", "o", "$", "s", "5", "s", "3", "e", "1", "i", "!", "i")
)

// unguessed is a password without what guessing begins with. Words are looked for
// as they stand, and then in disguise (P@ssw0rd).
func unguessed(password string) string {
	left := strings.ToLower(password)
	for _, row := range guessedRows {
		left = withoutRow(withoutRow(left, row), reversed(row))
	}
	for _, word := range guessedWords {
		left = strings.ReplaceAll(left, word, "")
	}
	plain := disguises.Replace(left)
	for _, word := range guessedWords {
		plain = strings.ReplaceAll(plain, word, "")
	}
	if different(plain) < different(left) {
		return plain
	}
	return left
}

// withoutRow takes away every piece of row that has four characters or more.
func withoutRow(s, row string) string {
	const least = 4
	for n := len(row); n >= least; n-- {
		for i := 0; i+n <= len(row); i++ {
			s = strings.ReplaceAll(s, row[i:i+n], "")
		}
	}
	return s
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}
