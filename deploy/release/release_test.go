package main

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestIdentify(t *testing.T) {
	for text, want := range map[string]string{
		"Apache License\n  Version 2.0, January 2004": "Apache-2.0",
		"Permission is hereby granted, free of charge, … The above copyright notice and this\npermission notice shall be included":                    "MIT",
		"Permission is hereby granted, free of charge, to any person":                                                                                 "MIT-0",
		"Redistribution and use in source and binary forms … Neither the name of Google":                                                              "BSD-3-Clause",
		"Redistribution and use in source and binary forms":                                                                                           "BSD-2-Clause",
		"Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted.":                     "0BSD",
		"Permission to use, copy, modify, and distribute this software for any purpose with or without fee, provided that the above copyright notice": "ISC",
		"All rights reserved.": "",
	} {
		if got := identify(text); got != want {
			t.Errorf("%.60q: %q, want %q", text, got, want)
		}
	}
}

func TestABillNamesEveryModuleWithItsLicense(t *testing.T) {
	t.Chdir("../..")
	info := &buildinfo.BuildInfo{GoVersion: "go1.26.8", Deps: []*debug.Module{
		{Path: "github.com/gorilla/websocket", Version: "v1.5.3", Sum: "h1:saDtZ6Pbx/0u+bgYQ3q96pZgCzfhKXGPqt7kZ72aNNg="},
	}, Settings: []debug.BuildSetting{{Key: "GOARCH", Value: "arm64"}}}
	b, err := newBill("v1", info)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Components) != 2+len(embedded) {
		t.Fatalf("%d components", len(b.Components))
	}
	got := b.Components[1]
	if got.PURL != "pkg:golang/github.com/gorilla/websocket@v1.5.3" || got.Licenses[0].License.ID != "BSD-2-Clause" ||
		got.Hashes[0].Content != "b1a0ed67a3dbc7fd2ef9b818437abdea96600b37e129718faadee467bd9a34d8" {
		t.Errorf("%+v", got)
	}
	if folders, err := filepath.Glob("dashboard/assets/vendor/*"); err != nil || len(folders) != len(embedded)-1 {
		t.Errorf("vendored folders %v, but %d are declared: %v", folders, len(embedded)-1, err)
	}
}

func TestAPackageIsTheSameEachTime(t *testing.T) {
	t.Chdir("../..")
	dir := t.TempDir()
	program := filepath.Join(dir, "huiying-linux-amd64")
	if err := os.WriteFile(program, []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	var packages [2][]byte
	for i := range packages {
		path := filepath.Join(dir, "package.tar.gz")
		if err := pack(path, "huiying-v1", program); err != nil {
			t.Fatal(err)
		}
		var err error
		if packages[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(packages[0], packages[1]) {
		t.Error("two packages of the same differ")
	}
	if err := sums(dir); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(list), "  huiying-linux-amd64\n") || strings.Contains(string(list), "SHA256SUMS") {
		t.Errorf("%s", list)
	}
}
