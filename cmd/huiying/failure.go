package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"huiying"
)

// told is an error in the words of who called the command: what the system and
// the standard library say of files and JSON is said in Chinese, the rest stays.
func told(err error) string {
	s := err.Error()
	var file *fs.PathError
	if errors.As(err, &file) {
		if why := fileTrouble(file); why != "" {
			s = strings.Replace(s, file.Error(), why, 1)
		}
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var ours *huiying.Error
	switch {
	case !errors.As(err, &syntax) && !errors.As(err, &kind):
	case errors.As(err, &ours) && ours.Cause != nil: // its message says it already
		s = strings.Replace(s, ": "+ours.Cause.Error(), "", 1)
	case syntax != nil:
		s = strings.Replace(s, syntax.Error(), "不是合格的 JSON", 1)
	default:
		s = strings.Replace(s, kind.Error(), "JSON 中有值的类型不对", 1)
	}
	return s
}

func fileTrouble(e *fs.PathError) string {
	switch {
	case errors.Is(e, fs.ErrNotExist):
		return "找不到 " + e.Path + "，请核对路径"
	case errors.Is(e, fs.ErrPermission):
		return "没有读写 " + e.Path + " 的权限"
	case errors.Is(e, syscall.EISDIR):
		return e.Path + " 是文件夹，请给出文件"
	case errors.Is(e, syscall.ENOSPC):
		return "磁盘已满，写不下 " + e.Path
	}
	return ""
}
