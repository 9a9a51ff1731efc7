package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"

	"huiying"
)

// sealed is what nobody without the key can compute: it tells nothing of the key.
func sealed(key []byte, what string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(what)) // a hash takes all
	return h.Sum(nil)
}

// compareKeys warns when this process was given other keys than the one that
// started before it on the same ledger: second factors and authors' hashes of one
// would mean nothing to the other.
func (s *system) compareKeys(ctx context.Context) error {
	for _, k := range []struct {
		file string
		key  func() ([]byte, error)
	}{{"secret.key", s.cfg.factorKey}, {"author.key", s.cfg.authorKey}} {
		key, err := k.key()
		if err != nil {
			return fmt.Errorf("%s: %w", k.file, err)
		}
		name := "fingerprint " + string(s.cfg.Region) + " " + k.file
		mark := hex.EncodeToString(sealed(key, "fingerprint")[:8])
		before, err := s.ledger.Meta(ctx, name)
		if err != nil {
			return err
		}
		if before == mark {
			continue
		}
		if before != "" {
			s.log.Warn("a key is not the one used before", "path", k.file)
		}
		if err := s.ledger.SetMeta(ctx, name, mark); err != nil {
			return err
		}
	}
	return nil
}

// setupCode is what lets somebody at a browser make the first accounts: it is
// shown at the machines only, and all processes of an installation show the same
// one. "" when there are accounts.
func (s *system) setupCode(ctx context.Context) (string, error) {
	users, err := s.ledger.Users(ctx, s.cfg.Region)
	if err != nil || len(users) > 0 {
		return "", err
	}
	if s.cfg.code != "" {
		return s.cfg.code, nil
	}
	key, err := s.cfg.factorKey()
	if err != nil {
		return "", err
	}
	return codeOf(key, s.cfg.Region), nil
}

func codeOf(key []byte, region huiying.Region) string {
	return grouped(base32.StdEncoding.EncodeToString(sealed(key, "setup "+string(region))))
}

// grouped writes the first 80 bits of a text in base 32 as people type them.
func grouped(raw string) string {
	return raw[:4] + "-" + raw[4:8] + "-" + raw[8:12] + "-" + raw[12:16]
}
