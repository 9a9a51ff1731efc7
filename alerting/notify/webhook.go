package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"huiying"
)

// Webhook posts a notification as JSON to an address of the county's own. With
// a secret, X-Huiying-Signature is "sha256=" and the hex HMAC-SHA256, keyed with
// it, of X-Huiying-Timestamp (unix seconds), a dot and the body. Idempotency-Key
// is the notification's ID: a receiver that has seen it drops the repeat.
type Webhook struct {
	Writer
	URL    string
	Secret string
	Now    func() time.Time
	Client *http.Client
}

// Name is the channel's name in rule files.
func (w *Webhook) Name() string { return "webhook" }

// Pace has no limit: the receiver is the county's own.
func (w *Webhook) Pace() Pace { return Pace{} }

// webhookBody is all that leaves the government network (DOMAIN §9): never the
// post, a person or the wording.
type webhookBody struct {
	ID     huiying.NotificationID `json:"id"`
	Kind   huiying.NoticeKind     `json:"kind"`
	Number string                 `json:"number"`
	Level  huiying.Level          `json:"level"`
	Label  string                 `json:"level_label"`
	Unit   huiying.UnitID         `json:"unit,omitempty"`
	To     string                 `json:"to"`
	Due    *time.Time             `json:"due,omitempty"`
	Link   string                 `json:"link"`
}

// Send posts the notification; any 2xx answer counts as delivered, 4xx but 408
// and 429 as refused for good.
func (w *Webhook) Send(ctx context.Context, batch []huiying.Notification) error {
	n := batch[0]
	msg := webhookBody{
		ID: n.ID, Kind: n.Kind, Number: n.Number, Level: n.Level, Label: n.Level.Label(), Unit: n.Unit, To: n.ToName,
		Link: w.brief(n).Link,
	}
	if !n.Due.IsZero() {
		msg.Due = &n.Due
	}
	body, err := json.Marshal(msg)
	if err != nil {
		return Permanent{err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return Permanent{fmt.Errorf("webhook: %w", withoutAddress(err))}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", string(n.ID))
	if w.Secret != "" {
		stamp := strconv.FormatInt(w.Now().Unix(), 10)
		req.Header.Set("X-Huiying-Timestamp", stamp)
		req.Header.Set("X-Huiying-Signature", "sha256="+Sign(w.Secret, stamp, body))
	}
	_, err = exchange(w.Client, "webhook", req)
	return err
}

// withoutAddress drops the address from a client's error: it may hold a key, and
// the delivery log is shown to people.
func withoutAddress(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// Sign is the signature a receiver computes to check a webhook.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
