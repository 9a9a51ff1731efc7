package dev

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Provider is a running OpenID provider: the server that comes with zitadel/oidc,
// which the OpenID Foundation certified. Its accounts sign in as SUBJECT@sso with
// [ProviderPassword]; it remembers nobody, so that each sign-in asks again.
type Provider struct {
	Issuer, Client, Secret string

	cmd *exec.Cmd
}

// ProviderPassword is the one of all accounts of a [Provider].
const ProviderPassword = "Xihe-2026"

// StartProvider starts a provider that knows the subjects and sends browsers back
// to redirect only. It ends with [Provider.Stop], or with this process.
func StartProvider(ctx context.Context, dir, redirect string, subjects ...string) (*Provider, error) {
	program, err := providerProgram()
	if err != nil {
		return nil, err
	}
	known := make(map[string]map[string]string)
	for _, s := range subjects {
		known[s] = map[string]string{"ID": s, "Username": s + "@sso", "Password": ProviderPassword, "PreferredLanguage": "zh"}
	}
	raw, err := json.Marshal(known)
	if err != nil {
		return nil, err
	}
	users := filepath.Join(dir, "users.json")
	if err := os.WriteFile(users, raw, 0o600); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &Provider{Issuer: fmt.Sprintf("http://localhost:%d/", port), Client: "web", Secret: "secret", cmd: exec.Command(program)}
	p.cmd.Env = append(os.Environ(), "PORT="+strconv.Itoa(port), "USERS_FILE="+users, "REDIRECT_URI="+redirect)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	for range 200 {
		if err = p.answers(ctx); err == nil {
			return p, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.Stop()
	return nil, err
}

func (p *Provider) answers(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Issuer+".well-known/openid-configuration", nil)
	if err != nil {
		return err
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := c.Do(r)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// Stop ends the provider.
func (p *Provider) Stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// providerProgram is what `make provider` built into bin/ of this module.
func providerProgram() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("an OpenID provider: %w: run make provider", ErrMissing)
		}
		dir = up
	}
	found, err := filepath.Glob(filepath.Join(dir, "bin", "oidc-provider-*"))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("an OpenID provider: %w: run make provider", ErrMissing)
	}
	return found[len(found)-1], nil
}
