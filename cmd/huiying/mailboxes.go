package main

import (
	"fmt"
	"net"
	"os"
	"strings"

	"huiying"
	"huiying/collector"
)

// mailboxConfig is a mailbox that sources of kind imap name as imaps://NAME/FOLDER.
type mailboxConfig struct {
	Name     string `yaml:"name"`
	Server   string `yaml:"server"` // host:993, or host:143 with starttls
	StartTLS bool   `yaml:"starttls"`
	User     string `yaml:"user"`
	Secret   string `yaml:"secret_file"` // a 0600 file with the password
	CA       string `yaml:"ca_file"`     // PEM, for a certificate of the office's own authority
}

// mailboxes reads the passwords of the configured mailboxes.
func (c *Config) mailboxes() ([]collector.Mailbox, error) {
	var out []collector.Mailbox
	for i, m := range c.Collector.Mailboxes {
		at := fmt.Sprintf("collector.mailboxes[%d]", i)
		if _, _, err := net.SplitHostPort(m.Server); err != nil || m.Name == "" || m.User == "" {
			return nil, huiying.Invalid(at, "要有 name、user 和 server（主机:端口）")
		}
		password, err := readSecret(at+".secret_file", c.abs(m.Secret))
		if err != nil {
			return nil, err
		}
		box := collector.Mailbox{Name: m.Name, Server: m.Server, StartTLS: m.StartTLS, User: m.User, Password: password}
		if m.CA != "" {
			if box.CA, err = os.ReadFile(c.abs(m.CA)); err != nil {
				return nil, fmt.Errorf("%s.ca_file: %w", at, err)
			}
		}
		out = append(out, box)
	}
	return out, nil
}

// secretConfig is the key of an interface; it goes to its hosts only.
type secretConfig struct {
	Name   string   `yaml:"name"`
	Secret string   `yaml:"secret_file"` // a 0600 file
	Hosts  []string `yaml:"hosts"`       // with all below them
}

// secrets reads the configured keys of interfaces.
func (c *Config) secrets() ([]collector.Secret, error) {
	var out []collector.Secret
	for i, s := range c.Collector.Secrets {
		at := fmt.Sprintf("collector.secrets[%d]", i)
		if s.Name == "" || len(s.Hosts) == 0 {
			return nil, huiying.Invalid(at, "要有 name 和 hosts（密钥只发给这些网站）")
		}
		value, err := readSecret(at+".secret_file", c.abs(s.Secret))
		if err != nil {
			return nil, err
		}
		out = append(out, collector.Secret{Name: s.Name, Value: value, Hosts: s.Hosts})
	}
	return out, nil
}

// readSecret reads a file nobody else may read.
func readSecret(field, path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", field, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", huiying.Invalid(field, "%s 对其他用户可读，请执行 chmod 600", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", field, err)
	}
	return strings.TrimSpace(string(raw)), nil
}
