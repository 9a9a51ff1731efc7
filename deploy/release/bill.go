package main

import (
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// bill is a software bill of materials, CycloneDX 1.6.
type bill struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Component  component  `json:"component"`
	Properties []property `json:"properties"`
}

type component struct {
	Type     string    `json:"type"`
	Ref      string    `json:"bom-ref"`
	Name     string    `json:"name"`
	Version  string    `json:"version,omitempty"`
	Hashes   []hash    `json:"hashes,omitempty"`
	Licenses []license `json:"licenses,omitempty"`
	PURL     string    `json:"purl,omitempty"`
}

type hash struct {
	Alg     string `json:"alg"`
	Content string `json:"content"`
}

type license struct {
	License struct {
		ID string `json:"id"`
	} `json:"license"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// newBill reads off the program what it is made of, and off the module cache and
// the sources under which licenses.
func newBill(version string, info *buildinfo.BuildInfo) (*bill, error) {
	b := &bill{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{
		Component: component{Type: "application", Ref: "huiying", Name: "huiying", Version: version, Licenses: licensed("Apache-2.0")},
		Properties: []property{
			{"go", info.GoVersion}, {"GOOS", setting(info, "GOOS")}, {"GOARCH", setting(info, "GOARCH")}, {"CGO_ENABLED", setting(info, "CGO_ENABLED")},
		},
	}}
	std := strings.TrimPrefix(info.GoVersion, "go")
	b.Components = append(b.Components, component{
		Type: "library", Ref: "pkg:golang/std@" + std, Name: "std", Version: std, Licenses: licensed("BSD-3-Clause"), PURL: "pkg:golang/std@" + std,
	})
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
		if err != nil {
			return nil, fmt.Errorf("sum of %s: %w", m.Path, err)
		}
		id, err := licenseOf(m.Path, m.Version)
		if err != nil {
			return nil, err
		}
		purl := "pkg:golang/" + m.Path + "@" + m.Version
		b.Components = append(b.Components, component{
			Type: "library", Ref: purl, Name: m.Path, Version: m.Version,
			Hashes: []hash{{"SHA-256", hex.EncodeToString(sum)}}, Licenses: licensed(id), PURL: purl, // the hash is go.sum's, of the module's tree
		})
	}
	for _, e := range embedded {
		if _, err := os.Stat(e.folder); err != nil {
			return nil, err
		}
		b.Components = append(b.Components, component{Type: "library", Ref: e.purl, Name: e.name, Version: e.version, Licenses: licensed(e.license), PURL: e.purl})
	}
	return b, nil
}

func licensed(id string) []license {
	var l license
	l.License.ID = id
	return []license{l}
}

// licenseOf reads the license file of a module in the module cache.
func licenseOf(path, version string) (string, error) {
	raw, err := exec.Command("go", "mod", "download", "-json", path+"@"+version).Output()
	if err != nil {
		return "", fmt.Errorf("download %s: %w", path, err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(raw, &module); err != nil {
		return "", err
	}
	files, err := os.ReadDir(module.Dir)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if !licenseFile.MatchString(f.Name()) || f.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(module.Dir, f.Name()))
		if err != nil {
			return "", err
		}
		if id := identify(string(text)); id != "" {
			return id, nil
		}
	}
	return "", fmt.Errorf("%s@%s: no license we know; look at it and teach identify", path, version)
}

var licenseFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying)`)

// identify names a license by what only its text says.
func identify(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	has := func(s string) bool { return strings.Contains(text, s) }
	switch {
	case has("apache license") && has("version 2.0"):
		return "Apache-2.0"
	case has("mozilla public license") && has("2.0"):
		return "MPL-2.0"
	case has("this is free and unencumbered software"):
		return "Unlicense"
	case has("permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"),
		has("permission to use, copy, modify, and distribute this software for any purpose with or without fee"):
		if !has("provided that the above copyright notice") {
			return "0BSD"
		}
		return "ISC"
	case has("redistribution and use in source and binary forms"):
		if has("neither the name") || has("may not be used to endorse") || has("names of its contributors") {
			return "BSD-3-Clause"
		}
		return "BSD-2-Clause"
	case has("permission is hereby granted, free of charge"):
		if !has("the above copyright notice and this permission notice") {
			return "MIT-0"
		}
		return "MIT"
	}
	return ""
}

func (b *bill) write(path string) error {
	raw, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644)
}
