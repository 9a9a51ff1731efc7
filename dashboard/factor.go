package dashboard

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/png"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"huiying"
)

// One-time codes as every authenticator makes them (RFC 6238, its defaults).
const (
	factorStep    = 30 * time.Second
	factorDrift   = 1  // steps a telephone's clock may be wrong
	factorSecret  = 20 // bytes
	recoveryCodes = 10
)

// vault encrypts what must be read again, with the installation's key: a copy of
// the database alone gives nothing away.
type vault struct{ aead cipher.AEAD }

func newVault(key []byte) (*vault, error) {
	if len(key) == 0 {
		return nil, nil //nolint:nilnil // no key, no second factors here
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("the key of second factors: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	return &vault{aead}, err
}

// seal encrypts a secret of user; it opens for nobody else.
func (v *vault) seal(user huiying.UserID, secret []byte) []byte {
	nonce := make([]byte, v.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return v.aead.Seal(nonce, nonce, secret, []byte(user))
}

func (v *vault) open(user huiying.UserID, sealed []byte) ([]byte, error) {
	n := v.aead.NonceSize()
	if len(sealed) < n {
		return nil, fmt.Errorf("the second factor of %s is cut off", user)
	}
	secret, err := v.aead.Open(nil, sealed[:n], sealed[n:], []byte(user))
	if err != nil {
		return nil, fmt.Errorf("the second factor of %s does not open with this key: %w", user, err)
	}
	return secret, nil
}

// take checks a code against the device at t and uses it up: a code, and every
// one before it, is good once. A recovery code is good once too.
func (v *vault) take(d *huiying.SecondFactor, code string, t time.Time) (bool, error) {
	code = strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
	if hash := HashToken(code); slices.Contains(d.Recovery, hash) {
		d.Recovery = slices.DeleteFunc(d.Recovery, func(h string) bool { return h == hash })
		return true, nil
	}
	secret, err := v.open(d.User, d.Sealed)
	if err != nil {
		return false, err
	}
	now := t.Unix() / int64(factorStep/time.Second)
	for step := now - factorDrift; step <= now+factorDrift; step++ {
		want, err := hotp.GenerateCode(base32.StdEncoding.EncodeToString(secret), uint64(step))
		if err != nil {
			return false, fmt.Errorf("making a code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > d.Step {
			d.Step = step
			return true, nil
		}
	}
	return false, nil
}

// factorView is the second factor as its owner sees it.
type factorView struct {
	Possible bool // this installation has a key
	Needed   bool // the role must have one
	On       bool
	Since    time.Time
	Left     int          // recovery codes
	QR       template.URL // while it is being set up
	Secret   string
	Codes    []string // shown once
	Error    string
}

// needsFactor reports whether the office asks p's role for a second factor.
func (s *Server) needsFactor(p huiying.Person) bool {
	return s.vault != nil && slices.Contains(s.cfg.Factor.Roles, p.Role)
}

func (s *Server) factorOf(r *http.Request, p huiying.Person) (factorView, error) {
	v := factorView{Possible: s.vault != nil, Needed: s.needsFactor(p)}
	d, err := s.cfg.Ledger.SecondFactor(r.Context(), p.User)
	if err != nil || d.User == "" || !v.Possible {
		return v, err
	}
	v.On, v.Since, v.Left = !d.Confirmed.IsZero(), d.Confirmed, len(d.Recovery)
	return v, nil
}

// beginFactor makes a new secret and shows it, once; it counts when a code of it
// has been given.
func (s *Server) beginFactor(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if s.vault == nil {
		return huiying.Errorf(huiying.CodeConflict, "本系统没有配置二次验证的密钥，请联系系统管理员")
	}
	secret := make([]byte, factorSecret)
	_, _ = rand.Read(secret) // never fails
	err := s.cfg.Ledger.ChangeSecondFactor(r.Context(), p.User, func(d *huiying.SecondFactor) (huiying.Audit, error) {
		if !d.Confirmed.IsZero() {
			return huiying.Audit{}, huiying.Errorf(huiying.CodeConflict, "二次验证已经启用；换手机请先停用，或请安全管理员重置")
		}
		*d = huiying.SecondFactor{User: p.User, Sealed: s.vault.seal(p.User, secret)}
		return huiying.Audit{}, nil
	})
	if err != nil {
		return err
	}
	return s.showFactor(w, r, p, secret, "")
}

// showFactor shows the secret of a device that is being set up.
func (s *Server) showFactor(w http.ResponseWriter, r *http.Request, p huiying.Person, secret []byte, problem string) error {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	key, err := otp.NewKeyFromURL((&url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/回应 " + s.cfg.County + ":" + string(p.User),
		RawQuery: url.Values{"secret": {text}, "issuer": {"回应 " + s.cfg.County}}.Encode(),
	}).String())
	if err != nil {
		return fmt.Errorf("making the address of a second factor: %w", err)
	}
	img, err := key.Image(220, 220)
	if err != nil {
		return fmt.Errorf("drawing a QR code: %w", err)
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return fmt.Errorf("drawing a QR code: %w", err)
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return s.showMe(w, r, p, status, meView{Factor: factorView{
		Secret: text, Error: problem,
		QR: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(buf.Bytes())), //nolint:gosec // our own picture
	}})
}

// confirmFactor takes the first code and hands out recovery codes, once.
func (s *Server) confirmFactor(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	if s.vault == nil {
		return huiying.Errorf(huiying.CodeConflict, "本系统没有配置二次验证的密钥，请联系系统管理员")
	}
	codes, hashes := make([]string, recoveryCodes), make([]string, recoveryCodes)
	for i := range codes {
		raw := strings.ToLower(rand.Text()[:16]) // 80 bits
		codes[i], hashes[i] = raw[:4]+"-"+raw[4:8]+"-"+raw[8:12]+"-"+raw[12:], HashToken(raw)
	}
	var secret []byte
	wrong := huiying.Invalid("code", "验证码不对。请核对手机时间是否准确，再输入当前显示的 6 位数字")
	err := s.cfg.Ledger.ChangeSecondFactor(r.Context(), p.User, func(d *huiying.SecondFactor) (_ huiying.Audit, err error) {
		if d.User == "" || !d.Confirmed.IsZero() {
			return huiying.Audit{}, huiying.Errorf(huiying.CodeConflict, "没有正在设置的二次验证，请重新开始")
		}
		if secret, err = s.vault.open(p.User, d.Sealed); err != nil {
			return huiying.Audit{}, err
		}
		right, err := s.vault.take(d, r.PostForm.Get("code"), s.wall())
		if err != nil {
			return huiying.Audit{}, err
		}
		if !right {
			return huiying.Audit{}, wrong
		}
		d.Confirmed, d.Recovery = s.now(), hashes
		return s.auditRow(r, p, "factor.enrol", string(p.User), ""), nil
	})
	switch {
	case huiying.CodeOf(err) == huiying.CodeInvalid:
		return s.showFactor(w, r, p, secret, wrong.Message)
	case err != nil:
		return err
	}
	if err := s.signOutEverywhere(r.Context(), p.User, visitOf(r.Context()).sess, huiying.Audit{}); err != nil {
		return err
	}
	return s.showMe(w, r, p, http.StatusOK, meView{Factor: factorView{Codes: codes}})
}

// removeFactor ends one's own second factor, against a code of it. A role that
// must have one sets up the next device at once.
func (s *Server) removeFactor(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	right, err := s.proveFactor(r, p.User, r.PostForm.Get("code"), true)
	if err != nil {
		return err
	}
	if !right {
		return s.showMe(w, r, p, http.StatusUnprocessableEntity, meView{Factor: factorView{Error: "验证码不对，二次验证没有停用"}})
	}
	return redirect(w, r, "/me?done=factor-removed")
}

// proveFactor takes a code of an account's device, and removes the device if
// asked to. A wrong one counts like a wrong password.
func (s *Server) proveFactor(r *http.Request, id huiying.UserID, code string, remove bool) (bool, error) {
	ctx := r.Context()
	u, err := s.cfg.Ledger.User(ctx, id)
	if err != nil || u.LockedAt(s.wall()) || !u.Active() || s.vault == nil {
		return false, err
	}
	wrong := huiying.Invalid("code", "验证码不对")
	err = s.cfg.Ledger.ChangeSecondFactor(ctx, id, func(d *huiying.SecondFactor) (huiying.Audit, error) {
		if d.Confirmed.IsZero() {
			return huiying.Audit{}, wrong
		}
		left := len(d.Recovery)
		right, err := s.vault.take(d, code, s.wall())
		if err != nil {
			return huiying.Audit{}, err
		}
		switch {
		case !right:
			return huiying.Audit{}, wrong
		case remove:
			*d = huiying.SecondFactor{}
			return s.auditRow(r, u.Person, "factor.remove", string(id), ""), nil
		case len(d.Recovery) < left:
			return s.auditRow(r, u.Person, "factor.recovery", string(id), fmt.Sprintf("用掉一个恢复码，还剩 %d 个", len(d.Recovery))), nil
		}
		return huiying.Audit{}, nil
	})
	if huiying.CodeOf(err) != huiying.CodeInvalid {
		return err == nil, err
	}
	_, err = s.cfg.Ledger.ChangeUser(ctx, id, func(u *huiying.User) (huiying.Audit, error) {
		return s.auditRow(r, u.Person, "session.code-failed", string(id), s.miss(u)), nil
	})
	return false, err
}
