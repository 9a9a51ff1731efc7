package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"huiying"
)

// disk is a disk of a test's own, which it can fill and slow down: a file system in
// a file, and a control group for whom it is slow.
type disk struct {
	t      *testing.T
	dir    string
	device string // major:minor
	group  string // of cgroups, version 1 or 2
}

func newDisk(t *testing.T, mb int64) *disk {
	t.Helper()
	longRun(t)
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a disk of its own")
	}
	d := &disk{t: t, dir: filepath.Join(t.TempDir(), "disk")}
	image := d.dir + ".img"
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, mb<<20); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	d.command("mkfs.ext4", "-q", "-F", "-m", "0", image)
	loop := strings.TrimSpace(d.command("losetup", "--find", "--show", image))
	t.Cleanup(func() { d.command("losetup", "-d", loop) })
	d.command("mount", loop, d.dir)
	t.Cleanup(func() { d.command("umount", d.dir) })
	number, err := os.ReadFile(filepath.Join("/sys/class/block", filepath.Base(loop), "dev"))
	if err != nil {
		t.Fatal(err)
	}
	d.device = strings.TrimSpace(string(number))
	return d
}

func (d *disk) command(name string, args ...string) string {
	d.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s %s: %v %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// slowFor lets a process write so many times and kilobytes a second on this disk.
func (d *disk) slowFor(pid, writes, kb int) {
	d.t.Helper()
	limits := map[string]string{}
	root := "/sys/fs/cgroup"
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		limits["io.max"] = fmt.Sprintf("%s wiops=%d wbps=%d", d.device, writes, kb<<10)
		if err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+io"), 0); err != nil {
			d.t.Skip("this machine has no control of disks: ", err)
		}
	} else if root = filepath.Join(root, "blkio"); true {
		limits["blkio.throttle.write_iops_device"] = fmt.Sprintf("%s %d", d.device, writes)
		limits["blkio.throttle.write_bps_device"] = fmt.Sprintf("%s %d", d.device, kb<<10)
	}
	d.group = filepath.Join(root, "huiying-test-"+strconv.Itoa(pid))
	if err := os.Mkdir(d.group, 0o755); err != nil {
		d.t.Skip("this machine has no control of disks: ", err)
	}
	for file, text := range limits {
		if err := os.WriteFile(filepath.Join(d.group, file), []byte(text), 0); err != nil {
			d.t.Skip("this machine has no control of disks: ", err)
		}
	}
	d.move(d.group, pid)
	d.t.Cleanup(func() { // a test that failed left the process in it
		_ = os.WriteFile(filepath.Join(root, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0)
		_ = os.Remove(d.group)
	})
}

// fast ends slowFor.
func (d *disk) fast(pid int) {
	d.t.Helper()
	d.move(filepath.Dir(d.group), pid)
}

func (d *disk) move(group string, pid int) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
		d.t.Fatal(err)
	}
}

// fill writes a file until nothing fits any more; removing it makes room again.
func (d *disk) fill() (ballast string) {
	d.t.Helper()
	ballast = filepath.Join(d.dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, size := range []int{1 << 20, 4096} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			d.t.Fatal(err)
		}
	}
	return ballast
}

// page is a page as an account sees it that signs in with the password of account.
func (in *installation) page(token, path string) string {
	in.t.Helper()
	req, err := http.NewRequest(http.MethodGet, in.url+path, nil)
	if err != nil {
		in.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	status, body := in.answer(http.DefaultClient.Do(req))
	return fmt.Sprint(status, " ", body)
}

// settled fails unless rows letters are there, each once and in one event, and
// nothing was given up.
func (in *installation) settled(want map[string]bool, admin string) {
	in.t.Helper()
	in.eventually("every row is stored once", 3*time.Minute, func() error {
		ids, err := in.listed("/api/v1/posts")
		if err != nil {
			return err
		}
		return sameOnce(ids, want, 0)
	})
	in.eventually("every row is in one event", 3*time.Minute, func() error { return in.eventsAddUp(len(want)) })
	in.oneCaseAnEvent()
	in.toldOnce(in.token)
	var dead huiying.Page[struct{ ID string }]
	if err := getJSON(in.url+"/api/v1/dead-letters", admin, &dead); err != nil || len(dead.Items) > 0 {
		in.t.Errorf("%d messages were given up, %v", len(dead.Items), err)
	}
	in.kill(syscall.SIGTERM)
	in.run("", "verify-audit", "--config", in.config)
	in.start()
}

// importAll goes on where it was refused until all rows are taken.
func (in *installation) importAll(file string, within time.Duration) {
	in.t.Helper()
	in.eventually("all rows are taken", within, func() error {
		_, err := in.importFile(file)
		return err
	})
}

// The disk of an installation is full while letters come in: what was taken before
// is kept, what comes is refused with the reason, and once there is room all goes
// on by itself.
func TestAFullDiskLosesAndDoublesNothing(t *testing.T) {
	d := newDisk(t, 200)
	t.Parallel()
	in := installIn(t, d.dir, "bus: {max_bytes: 33554432}\n")
	admin := in.account("s1", huiying.SystemAdmin)
	file := filepath.Join(t.TempDir(), "letters.jsonl")
	want := writeLetters(t, file, 400)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(raw, []byte("\n"))
	first := filepath.Join(t.TempDir(), "first.jsonl")
	if err := os.WriteFile(first, bytes.Join(lines[:200], nil), 0o600); err != nil {
		t.Fatal(err)
	}
	in.importAll(first, time.Minute)
	ballast := d.fill()
	var status int
	var said string
	for n := 200; n < 400; n++ { // some of them may find room in what files had already
		if status, said = in.push(string(lines[n][:len(lines[n])-1])); status != http.StatusAccepted {
			break
		}
	}
	if status != http.StatusServiceUnavailable {
		t.Fatalf("on a full disk a push is told %d %s", status, said)
	}
	in.eventually("the page says so", 30*time.Second, func() error {
		if page := in.page(admin, "/system"); !strings.Contains(page, "不足 2 GB") || !strings.Contains(page, "没有存入") {
			return errors.New(page)
		}
		return nil
	})
	time.Sleep(12 * time.Second) // a message is tried again after 1 and 10 s
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	in.importAll(file, time.Minute)
	in.settled(want, admin)
}

// The disk of an installation becomes very slow while letters come in and a case
// runs into its deadline: all is taken in the end, the clock is kept, and the page
// says that the disk is slow.
func TestASlowDiskLosesAndDoublesNothing(t *testing.T) {
	d := newDisk(t, 400)
	t.Parallel()
	in := installIn(t, d.dir, "bus: {max_bytes: 33554432}\n")
	admin := in.account("s1", huiying.SystemAdmin)
	file := filepath.Join(t.TempDir(), "letters.jsonl")
	want := writeLetters(t, file, 300)
	d.slowFor(in.proc.Process.Pid, 1, 200)
	in.importAll(file, 5*time.Minute)
	in.eventually("the page says that the disk is slow", time.Minute, func() error {
		if page := in.page(admin, "/system"); !strings.Contains(page, "磁盘很慢") {
			return errors.New(page)
		}
		return nil
	})
	d.fast(in.proc.Process.Pid)
	in.settled(want, admin)
}
