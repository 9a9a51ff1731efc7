package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"huiying"
	"huiying/store/clickhouse"
)

// backupDisk is a disk that ClickHouse servers may back up to
// (<backups><allowed_disk>), all of them the same folder.
type backupDisk struct {
	Disk string `yaml:"disk"` // its name in the servers' configuration
	Path string `yaml:"path"` // where this machine sees it
}

// backupServersFolder is where the servers' files lie in a back-up.
const backupServersFolder = "clickhouse"

// backupServers has the servers back the archive up and adds their files to parts.
// The files on the disk are removed by clean, which is never nil.
func (c *Config) backupServers(ctx context.Context, d backupDisk, name string, parts map[string]string) (clean func() error, err error) {
	clean = func() error { return removeAll(filepath.Join(d.Path, name+"-*")) }
	a, err := clickhouse.OpenArchive(ctx, c.Archive, wordless)
	if err != nil {
		return clean, err
	}
	defer func() { _ = a.Close() }()
	files, err := a.Backup(ctx, d.Disk, name)
	if err != nil {
		return clean, fmt.Errorf("备份 ClickHouse: %w", err)
	}
	for _, file := range files {
		if !fileExists(filepath.Join(d.Path, file)) {
			return clean, huiying.Invalid("backup.clickhouse.path", "%s 里没有 ClickHouse 刚写的 %s：请填写备份盘 %s 在本机的目录", d.Path, file, d.Disk)
		}
		parts[backupServersFolder+"/"+backupServersFolder+strings.TrimPrefix(file, name)] = filepath.Join(d.Path, file)
	}
	return clean, nil
}

func removeAll(pattern string) error {
	found, err := filepath.Glob(pattern)
	for _, path := range found {
		err = errors.Join(err, os.RemoveAll(path)) // ClickHouse may make folders
	}
	return err
}

// restoreServers hands the servers' files of an unpacked back-up to the servers
// and returns where the archive is then. A back-up without such files has its
// archive with it: "".
func (c *restoreCmd) restoreServers(ctx context.Context) (archive string, err error) {
	folder := filepath.Join(c.To, backupServersFolder)
	files, err := filepath.Glob(filepath.Join(folder, "*.tar"))
	switch {
	case err != nil:
		return "", err
	case len(files) == 0 && c.Archive != "":
		return "", usagef("这份备份里没有 ClickHouse 写的信息库：请去掉 --archive 恢复成内置安装，再用 huiying migrate 搬过去")
	case len(files) == 0:
		return "", nil
	case c.Archive == "" || c.Disk == "" || c.DiskPath == "":
		return "", usagef("这份备份的信息库是 ClickHouse 写的：请加 --archive 地址 --disk 备份盘名 --disk-path 备份盘在本机的目录 再恢复")
	}
	name := fmt.Sprintf("restore-%d", os.Getpid())
	defer func() { err = errors.Join(err, removeAll(filepath.Join(c.DiskPath, name+"-*"))) }() // copies
	for _, file := range files {
		if err := copyFile(file, filepath.Join(c.DiskPath, name+strings.TrimPrefix(filepath.Base(file), backupServersFolder))); err != nil {
			return "", err
		}
	}
	if err := clickhouse.Restore(ctx, c.Archive, c.Disk, name, len(files)); err != nil {
		return "", fmt.Errorf("恢复 ClickHouse: %w", err)
	}
	return c.Archive, os.RemoveAll(folder)
}

// copyFile lets others read the copy: the servers run under accounts of their own.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // meant
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
