package sqlitedb

import (
	"errors"

	"github.com/ncruces/go-sqlite3"

	"huiying"
)

// Trouble makes err one of the machine ([huiying.ErrBusy], with what to do) when
// the file or its disk is the cause and not what was asked: whoever keeps the work
// holds on to it until somebody has helped. Other errors stay as they are.
func Trouble(err error) error {
	var told *huiying.Error
	if err == nil || errors.As(err, &told) {
		return err
	}
	busy := func(message string) error {
		return &huiying.Error{Code: huiying.CodeBusy, Message: message, Cause: err}
	}
	switch {
	case errors.Is(err, sqlite3.FULL):
		return busy("磁盘已满，没有存入；已收下的信息留在消息队列里，腾出空间后自动补入")
	case errors.Is(err, sqlite3.CORRUPT) || errors.Is(err, sqlite3.NOTADB):
		return busy("数据库文件已损坏，没有存入；请停下程序，把数据目录整个复制一份留作现场，再用最近的备份恢复（运维手册“数据库损坏”）")
	case errors.Is(err, sqlite3.IOERR) || errors.Is(err, sqlite3.CANTOPEN) || errors.Is(err, sqlite3.READONLY):
		return busy("数据库文件读写失败，没有存入；请检查数据盘和目录权限，恢复后自动补入")
	case errors.Is(err, sqlite3.BUSY) || errors.Is(err, sqlite3.LOCKED) || errors.Is(err, sqlite3.NOMEM):
		return busy("数据库正忙，没有存入，稍后自动重试")
	}
	return err
}
