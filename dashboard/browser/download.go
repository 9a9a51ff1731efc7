package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	devtools "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// Download presses what a CSS selector names and returns the file that comes of it,
// under the name the server gave it, in dir, which must be empty.
func (t *Tab) Download(css, dir string) (string, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	told := true
	if _, err := chromedp.Call(ctx, devtools.SetDownloadBehavior, devtools.SetDownloadBehaviorParams{
		Behavior: devtools.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID, DownloadPath: dir, EventsEnabled: &told,
	}); err != nil {
		return "", fmt.Errorf("allow downloads: %w", err)
	}
	progress := chromedp.Events(ctx, devtools.DownloadProgress)
	if err := t.Click(css); err != nil {
		return "", err
	}
	for p, err := range progress {
		switch {
		case err != nil:
			return "", fmt.Errorf("download %s: %w", css, err)
		case p.State == devtools.DownloadProgressStateCanceled:
			return "", fmt.Errorf("download %s: the browser gave up", css)
		case p.State == devtools.DownloadProgressStateCompleted:
			return only(dir)
		}
	}
	return "", errors.Join(fmt.Errorf("download %s: nothing came", css), ctx.Err())
}

// only is the one file of a folder.
func only(dir string) (string, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(files) != 1 {
		return "", fmt.Errorf("%d files in %s, not one", len(files), dir)
	}
	return filepath.Join(dir, files[0].Name()), nil
}
