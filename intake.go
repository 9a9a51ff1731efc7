package huiying

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Intake turns what a source gave into a [Post] that may be stored: checked,
// cleaned, redacted, with a stable ID. Every way in (crawler, push, file, hand)
// goes through it, so nothing personal is ever stored or sent (DOMAIN §7.2).
type Intake struct {
	Region Region           // given to posts that name none
	Key    []byte           // secret for author hashes
	Now    func() time.Time // when the post was collected
}

// futureSlack is how far a publisher's clock may run ahead of ours.
const futureSlack = 10 * time.Minute

// Accept checks and cleans p. An error names the field and what to do; the
// caller keeps the rejected original where people can see it.
func (in Intake) Accept(p Post) (Post, error) {
	now := in.Now()
	p.Title = oneLine(CleanText(p.Title))
	p.Text = strings.TrimSpace(CleanText(p.Text))
	p.Source = oneLine(CleanText(p.Source))
	p.URL = strings.TrimSpace(p.URL)
	if p.Source == "" {
		p.Source = "人工登记"
	}
	if p.Channel == "" {
		p.Channel = ChannelManual
	}
	if p.Region == "" {
		p.Region = in.Region
	}
	if err := in.check(p, now); err != nil {
		return Post{}, err
	}
	p.CollectedAt = now
	if p.PublishedAt.IsZero() {
		p.PublishedAt, p.Assumed = now, true
	}
	p.PublishedAt = p.PublishedAt.In(Beijing)
	p.URL = CanonicalURL(p.URL)
	if strings.Contains(string(p.Parent), "://") {
		p.Parent = PostIDAt(p.Region, string(p.Parent))
	}

	found := make(map[string]int)
	p.Title = Redact(p.Title, found)
	p.Text = Redact(p.Text, found)
	p.Extra = redactExtra(p.Extra, found)
	if len(found) > 0 {
		p.Redactions = found
	}
	if p.Author != "" && p.AuthorHash == "" {
		p.AuthorHash = in.hash(p.Source + "\x00" + p.Author)
	}
	p.Author = MaskName(CleanText(p.Author))
	if p.ID == "" {
		p.ID = postID(p)
	}
	return p, nil
}

func (in Intake) check(p Post, now time.Time) error {
	extra := 0
	for k, v := range p.Extra {
		extra += len(k) + len(v)
	}
	switch {
	case !p.Channel.Valid():
		return Invalid("channel", "没有 %q 这个渠道，可用：%s", Clip(string(p.Channel), 20), channelKeys())
	case p.Text == "":
		return Invalid("text", "正文为空")
	case len(p.Text) > MaxTextBytes:
		return Invalid("text", "正文 %d KB，超过上限 %d KB", len(p.Text)>>10, MaxTextBytes>>10)
	case utf8.RuneCountInString(p.Title) > MaxTitleRunes:
		return Invalid("title", "标题超过 %d 字", MaxTitleRunes)
	case len(p.ID) > MaxIDBytes:
		return Invalid("id", "编号超过 %d 字节", MaxIDBytes)
	case !plainID(p.ID):
		return Invalid("id", "编号里不能有空白、控制字符或斜杠")
	case !strings.Contains(string(p.Parent), "://") && (len(p.Parent) > MaxIDBytes || !plainID(p.Parent)):
		return Invalid("parent", "应为所回复信息的编号或网址，收到 %q", Clip(string(p.Parent), 80))
	case extra > MaxExtraBytes:
		return Invalid("extra", "附加字段共 %d KB，超过上限 %d KB", extra>>10, MaxExtraBytes>>10)
	case p.PublishedAt.After(now.Add(futureSlack)):
		return Invalid("published_at", "发布时间 %s 在将来", p.PublishedAt.In(Beijing).Format(time.DateTime))
	case !p.PublishedAt.IsZero() && p.PublishedAt.Year() < 1990:
		return Invalid("published_at", "发布时间 %s 太早", p.PublishedAt.In(Beijing).Format(time.DateOnly))
	}
	if err := checkURL("url", p.URL); err != nil {
		return err
	}
	if _, err := ParseRegion(string(p.Region)); err != nil {
		return err
	}
	return nil
}

func plainID(id PostID) bool {
	return !strings.ContainsFunc(string(id), func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == '/' || r == utf8.RuneError
	})
}

func (in Intake) hash(s string) string {
	mac := hmac.New(sha256.New, in.Key)
	mac.Write([]byte(s))
	return hex.EncodeToString(mac.Sum(nil)[:12])
}

func channelKeys() string {
	keys := make([]string, len(Channels))
	for i, c := range Channels {
		keys[i] = string(c)
	}
	return strings.Join(keys, " ")
}

// PostIDAt is the ID of the post that a region has of an address.
func PostIDAt(r Region, address string) PostID { return postID(Post{Region: r, URL: address}) }

// postID is a digest of the region and of where the post stands, or of what it
// says when it stands nowhere, so reading it again gives the same ID, and two
// counties that read one page have a post each, with events and cases of their
// own. A reply stands on its parent's page: it is told by who says what to whom.
func postID(p Post) PostID {
	h := sha256.New()
	h.Write([]byte(p.Region + "\x00"))
	switch {
	case p.Parent != "":
		h.Write([]byte("reply\x00" + string(p.Parent) + "\x00" + p.AuthorHash + "\x00" + p.Text))
	case p.URL != "":
		h.Write([]byte("url\x00" + AddressKey(p.URL)))
	default:
		h.Write([]byte("text\x00" + p.Source + "\x00" + string(p.Channel) + "\x00" + p.Title + "\x00" + p.Text))
		if !p.Assumed {
			h.Write([]byte(p.PublishedAt.UTC().Format(time.RFC3339)))
		}
	}
	return PostID("p" + hex.EncodeToString(h.Sum(nil)[:12]))
}

// CleanText makes s safe for every part behind us: valid UTF-8, no NUL or other
// control characters but newline and tab, no zero-width evasion characters.
func CleanText(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || unicode.IsControl(r):
			return -1
		case r >= 0x00AD && isInvisible(r):
			return -1
		case r == 0x00A0 || r == 0x3000:
			return ' '
		}
		return r
	}, s)
}

// isClean reports whether cleaning changes nothing, at once for ASCII and what
// takes three bytes, which nearly all text is; of other text it says no.
func isClean(s string) bool {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c >= ' ' && c < 0x7F, c == '\n', c == '\t':
			i++
		case c >= 0xE4 && c <= 0xE9 && i+2 < len(s) && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80: // Chinese
			i += 3
		case c >= 0xE0 && c < 0xF0: // three bytes
			r, n := utf8.DecodeRuneInString(s[i:])
			if n < 3 || r == 0x3000 || isInvisible(r) {
				return false
			}
			i += n
		default:
			return false
		}
	}
	return true
}

// isInvisible: soft hyphens, zero-width and directional marks, fillers, tags.
func isInvisible(r rune) bool {
	switch {
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r >= 0xFFF9 && r <= 0xFFFB, r >= 0xE0000 && r <= 0xE007F:
		return true
	}
	switch r {
	case 0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x180E, 0x3164, 0xFEFF, 0xFFA0:
		return true
	}
	return false
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// redactExtra returns redacted copies: the caller's post stays as it came.
func redactExtra(extra map[string]json.RawMessage, found map[string]int) map[string]json.RawMessage {
	if extra == nil {
		return nil
	}
	out := make(map[string]json.RawMessage, len(extra))
	for _, name := range slices.Sorted(maps.Keys(extra)) { // in order: hidden names may coincide
		out[Redact(CleanText(name), found)] = redactJSON(extra[name], found)
	}
	return out
}

func redactJSON(raw json.RawMessage, found map[string]int) json.RawMessage {
	var v any
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return json.RawMessage(`null`)
	}
	out, err := json.Marshal(redactAny(v, found))
	if err != nil {
		return json.RawMessage(`null`)
	}
	return out
}

func redactAny(v any, found map[string]int) any {
	switch v := v.(type) {
	case string:
		return Redact(CleanText(v), found)
	case json.Number:
		if s := Redact(v.String(), found); s != v.String() {
			return s
		}
	case []any:
		for i := range v {
			v[i] = redactAny(v[i], found)
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out[Redact(CleanText(k), found)] = redactAny(v[k], found)
		}
		return out
	}
	return v
}
