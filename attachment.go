package huiying

import (
	"path"
	"slices"
	"strings"
	"time"
)

// MaxAttachment is how many bytes an attachment may have.
const MaxAttachment = 20 << 20

// AttachmentHash names the content of an attachment: its SHA-256 in hex.
type AttachmentHash string

// Valid reports whether h is 64 lower-case hex digits, and so safe as a file name.
func (h AttachmentHash) Valid() bool {
	return len(h) == 64 && strings.Trim(string(h), "0123456789abcdef") == ""
}

// Attachment is a file that belongs to a case. Its content is kept once, by hash.
type Attachment struct {
	Hash AttachmentHash `json:"hash"`
	Name string         `json:"name"` // as the person called it, without folders
	Type string         `json:"type"` // MIME, as found in the content
	Size int64          `json:"size"` // bytes
	By   Person         `json:"by"`
	At   time.Time      `json:"at"`
}

// AttachmentType is a type of file that may be attached.
type AttachmentType struct {
	MIME       string
	Label      string // PDF 文件
	Extensions []string
}

// AttachmentTypes are those that may be attached: what offices and citizens send
// as evidence. Nothing that runs, and no old Office formats, which hold macros.
var AttachmentTypes = []AttachmentType{
	{"application/pdf", "PDF 文件", []string{".pdf"}},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word 文档", []string{".docx"}},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel 表格", []string{".xlsx"}},
	{"image/png", "PNG 图片", []string{".png"}},
	{"image/jpeg", "JPEG 图片", []string{".jpg", ".jpeg"}},
	{"image/gif", "GIF 图片", []string{".gif"}},
	{"image/webp", "WebP 图片", []string{".webp"}},
	{"video/mp4", "MP4 视频", []string{".mp4"}},
	{"audio/mpeg", "MP3 录音", []string{".mp3"}},
	{"audio/wave", "WAV 录音", []string{".wav"}},
}

// AttachmentTypeOf returns the allowed type called mime.
func AttachmentTypeOf(mime string) (AttachmentType, bool) {
	i := slices.IndexFunc(AttachmentTypes, func(t AttachmentType) bool { return t.MIME == mime })
	if i < 0 {
		return AttachmentType{}, false
	}
	return AttachmentTypes[i], true
}

// AttachmentName is the plain file name of what a browser sent: no folders and no
// characters that a file system or a header would misread.
func AttachmentName(name string) (string, error) {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`<>:"|?*`, r) || r >= 0x202a && r <= 0x202e { // the last turn the reading direction and hide an extension
			return -1
		}
		return r
	}, name))
	ext := path.Ext(name)
	if name == "" || name == "." || name == "/" || ext == "" || ext == name {
		return "", Invalid("file", "附件须有文件名和扩展名，如 现场照片.jpg")
	}
	if len([]rune(name)) > 120 {
		return "", Invalid("file", "文件名超过 120 个字，请改短后再传")
	}
	return name, nil
}

// CheckAttachment refuses content of a type that may not be attached, and a name
// whose extension says another type than the content is. mime is what was found
// in the content.
func CheckAttachment(name, mime string) error {
	ext := strings.ToLower(path.Ext(name))
	claimed := slices.IndexFunc(AttachmentTypes, func(t AttachmentType) bool { return slices.Contains(t.Extensions, ext) })
	found, ok := AttachmentTypeOf(mime)
	switch {
	case claimed < 0:
		return Invalid("file", "不能上传 %s 文件。可以上传：%s", ext, attachmentExtensions())
	case !ok:
		return Invalid("file", "“%s”的扩展名是 %s，内容却不是%s，也不是可以上传的类型。请打开核对，另存为正确的格式再传", name, ext, AttachmentTypes[claimed].Label)
	case !slices.Contains(found.Extensions, ext):
		return Invalid("file", "“%s”的扩展名是 %s，内容却是%s。请核对文件，改用扩展名 %s 再传", name, ext, found.Label, found.Extensions[0])
	}
	return nil
}

func attachmentExtensions() string {
	var all []string
	for _, t := range AttachmentTypes {
		all = append(all, strings.TrimPrefix(strings.ToUpper(t.Extensions[0]), "."))
	}
	return strings.Join(all, "、")
}

// mostAttachments is how many files one case may have.
const mostAttachments = 50

// attach adds a file that is kept already; the same content twice is refused.
func (c *Case) attach(cmd Command, now time.Time) (string, error) {
	if cmd.Attach == nil || !cmd.Attach.Hash.Valid() {
		return "", Invalid("file", "请选择文件")
	}
	if _, twice := c.Attachment(cmd.Attach.Hash); twice {
		return "", Errorf(CodeConflict, "这个文件已经在附件里了")
	}
	if len(c.Attachments) >= mostAttachments {
		return "", Errorf(CodeConflict, "一件交办单最多 %d 个附件", mostAttachments)
	}
	a := *cmd.Attach
	a.By, a.At = cmd.By, now
	c.Attachments = append(c.Attachments, a)
	return a.Name, nil
}

// Attachment is the file of a hash, if the case has it.
func (c Case) Attachment(h AttachmentHash) (Attachment, bool) {
	i := slices.IndexFunc(c.Attachments, func(a Attachment) bool { return a.Hash == h })
	if i < 0 {
		return Attachment{}, false
	}
	return c.Attachments[i], true
}
