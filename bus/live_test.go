package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"huiying"
)

func live(i int) huiying.Live {
	return huiying.Live{
		Type: huiying.LiveCase, Sent: int64(i + 1), Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, i)),
		Region: "141122", Units: []huiying.UnitID{"zjj", "cgj"},
	}
}

func publishLive(t testing.TB, b *Bus, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := b.PublishLive(t.Context(), live(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// listen subscribes and hands what comes to a channel.
func listen(t testing.TB, b *Bus, since uint64) (<-chan huiying.Live, func()) {
	t.Helper()
	got := make(chan huiying.Live, liveMax)
	stop := run(t, func(ctx context.Context) error {
		return b.SubscribeLive(ctx, since, func(l huiying.Live) { got <- l })
	})
	return got, stop
}

func take(t testing.TB, got <-chan huiying.Live, n int) []huiying.Live {
	t.Helper()
	limit := time.After(20 * time.Second)
	var ls []huiying.Live
	for len(ls) < n {
		select {
		case l := <-got:
			ls = append(ls, l)
		case <-limit:
			t.Fatalf("got %d live messages, want %d", len(ls), n)
		}
	}
	return ls
}

// listening waits until a since-0 subscription hears; it publishes messages of
// type hello to find out.
func listening(t testing.TB, b *Bus, got <-chan huiying.Live) {
	t.Helper()
	eventually(t, "the subscription hears", func() bool {
		if err := b.PublishLive(t.Context(), huiying.Live{Type: huiying.LiveHello}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-got:
			return true
		default:
			return false
		}
	})
}

func TestLiveKeepsWhoMaySeeItAndGetsItsNumber(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, huiying.Beijing)
	b := open(t, Config{Now: func() time.Time { return now }})
	first := uint64(now.UnixMilli())
	publishLive(t, b, 0, 1)
	if err := b.PublishLive(t.Context(), huiying.Live{Type: huiying.LiveStats, Data: json.RawMessage(`[1]`)}); err != nil {
		t.Fatal(err)
	}
	got, _ := listen(t, b, 1)
	ls := take(t, got, 2)
	want := live(0)
	want.Seq = first
	if !reflect.DeepEqual(ls[0], want) {
		t.Errorf("got %+v, want %+v", ls[0], want)
	}
	if ls[1].Sent != now.UnixNano() || ls[1].Seq != first+1 || ls[1].Region != "" {
		t.Errorf("got %+v, want sent now", ls[1])
	}
}

func TestLiveWithoutANumberGivesOnlyWhatIsNew(t *testing.T) {
	b := open(t, Config{})
	publishLive(t, b, 0, 50)
	got, _ := listen(t, b, 0)
	listening(t, b, got)
	publishLive(t, b, 50, 60)
	for {
		l := take(t, got, 1)[0]
		if l.Type == huiying.LiveHello {
			continue
		}
		if l.Sent != 51 {
			t.Fatalf("first message heard is number %d, want 50: older ones are not new", l.Sent-1)
		}
		break
	}
}

func TestLiveResumesAfterANumberInOrderWithoutAGap(t *testing.T) {
	b := open(t, Config{})
	publishLive(t, b, 0, 100)
	got, stop := listen(t, b, 1)
	seen := take(t, got, 100)
	stop()
	publishLive(t, b, 100, 150) // while nobody listens
	got, _ = listen(t, b, seen[79].Seq)
	publishLive(t, b, 150, 170)
	for i, l := range take(t, got, 90) {
		if l.Sent != int64(80+i+1) || l.Seq != seen[79].Seq+uint64(i)+1 {
			t.Fatalf("message %d is number %d, seq %d", i, l.Sent-1, l.Seq)
		}
	}
}

func TestLiveNumbersGoOnAfterARestart(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Config{Dir: dir})
	publishLive(t, b, 0, 5)
	got, _ := listen(t, b, 1)
	last := take(t, got, 5)[4].Seq
	closeBus(t, b)
	b = open(t, Config{Dir: dir})
	publishLive(t, b, 5, 8)
	got, _ = listen(t, b, last)
	for i, l := range take(t, got, 3) {
		if l.Sent != int64(5+i+1) || l.Seq <= last {
			t.Fatalf("message %d is number %d with seq %d after %d", i, l.Sent-1, l.Seq, last)
		}
	}
}

func TestLiveFromANumberOfTheFutureGivesWhatThereIs(t *testing.T) {
	b := open(t, Config{})
	publishLive(t, b, 0, 3)
	got, _ := listen(t, b, 1<<52)
	if ls := take(t, got, 3); ls[2].Sent != 3 {
		t.Fatalf("got %+v", ls)
	}
}

func TestLiveDropsTheOldestWhenFull(t *testing.T) {
	b := open(t, Config{})
	s, err := b.js.Stream(t.Context(), Live)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.MaxMsgs = 10
	if _, err := b.js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	publishLive(t, b, 0, 25)
	got, _ := listen(t, b, cfg.FirstSeq)
	if ls := take(t, got, 10); ls[0].Sent != 16 || ls[9].Sent != 25 {
		t.Fatalf("kept %d…%d, want 15…24", ls[0].Sent-1, ls[9].Sent-1)
	}
}

func TestLiveRefusesWhatIsNotJSONOrNoRegion(t *testing.T) {
	b := open(t, Config{})
	if err := b.PublishLive(t.Context(), huiying.Live{Type: huiying.LivePost, Data: json.RawMessage(`{`)}); err == nil {
		t.Error("took broken JSON")
	}
	if err := b.PublishLive(t.Context(), huiying.Live{Type: huiying.LivePost, Region: "a.b"}); err == nil {
		t.Error("took a broken region")
	}
}

func TestReaderMakesTheLiveStreamAServerForgot(t *testing.T) {
	b := open(t, Config{})
	if err := b.js.DeleteStream(t.Context(), Live); err != nil {
		t.Fatal(err)
	}
	got, _ := listen(t, b, 0)
	eventually(t, "the stream is there before anybody publishes", func() bool {
		_, err := b.js.Stream(t.Context(), Live)
		return err == nil
	})
	listening(t, b, got)
}

func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"type":"case","sent":1,"region":"141122","units":["zjj"],"data":{"n":1}}`))
	f.Add([]byte(`{"type":""}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := openEnvelope(data)
		if err != nil {
			return
		}
		again, err := encode(envelope{Type: l.Type, Sent: l.Sent, Region: l.Region, Units: l.Units, Data: l.Data})
		if err != nil {
			t.Fatalf("%q opens but does not close: %v", data, err)
		}
		if m, err := openEnvelope(again); err != nil || m.Type != l.Type || m.Sent != l.Sent || m.Region != l.Region || len(m.Units) != len(l.Units) {
			t.Fatalf("%q became %+v, %v", data, m, err)
		}
	})
}
