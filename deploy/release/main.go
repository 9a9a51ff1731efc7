// Command release writes, beside the programs `make release` has built, what
// goes with them: a bill of materials (CycloneDX) for each, a package for
// offline installation, and the checksums of all. The same sources give the
// same bytes.
package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: release VERSION DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(version, dir string) error {
	programs, err := filepath.Glob(filepath.Join(dir, "huiying-linux-*"))
	if err != nil {
		return err
	}
	done := 0
	for _, program := range programs {
		if filepath.Ext(program) != "" { // what an earlier run wrote
			continue
		}
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			return err
		}
		bom, err := newBill(version, info)
		if err != nil {
			return fmt.Errorf("%s: %w", program, err)
		}
		if err := bom.write(program + ".cdx.json"); err != nil {
			return err
		}
		if err := pack(program+".tar.gz", "huiying-"+version, program); err != nil {
			return err
		}
		done++
	}
	if done == 0 {
		return errors.New("no huiying-linux-* in " + dir)
	}
	return sums(dir)
}

// setting is a build setting, such as GOARCH.
func setting(info *buildinfo.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return strings.TrimSpace(s.Value)
		}
	}
	return ""
}
