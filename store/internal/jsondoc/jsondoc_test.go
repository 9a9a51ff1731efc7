package jsondoc

import (
	"reflect"
	"testing"
	"time"

	"huiying"
)

func TestEveryTimeComesBackInBeijing(t *testing.T) {
	at := time.Date(2026, 3, 2, 0, 0, 0, 123456789, time.UTC)
	in := huiying.Case{
		ID: "c1", OpenedAt: at, Clocks: []huiying.Clock{{Kind: huiying.ClockJudge, Due: at}}, Evidence: []huiying.Evidence{{PublishedAt: at.Local()}},
		Responses: []huiying.Response{{At: at}}, Feedback: []huiying.Feedback{{At: at}}, Units: []huiying.CaseUnit{{AssignedAt: at}},
	}
	doc, err := Encode(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode[huiying.Case](doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []time.Time{got.OpenedAt, got.Clocks[0].Due, got.Evidence[0].PublishedAt, got.Responses[0].At, got.Feedback[0].At, got.Units[0].AssignedAt} {
		if x.Location() != huiying.Beijing || !x.Equal(at) {
			t.Errorf("got %v in %v", x, x.Location())
		}
	}
	if !reflect.DeepEqual(got.ClosedAt, time.Time{}) || !reflect.DeepEqual(got.EventAt, time.Time{}) {
		t.Errorf("a time that was not set: %#v %#v", got.ClosedAt, got.EventAt)
	}
	Beijing(&in)
	if !reflect.DeepEqual(in, got) {
		t.Errorf("got %+v, want %+v", got, in)
	}
}

func TestMicroseconds(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 123456000, huiying.Beijing)
	if got := Time(Micro(at)); !reflect.DeepEqual(got, at) {
		t.Errorf("got %v, want %v", got, at)
	}
	if Micro(time.Time{}) != 0 || !Time(0).IsZero() {
		t.Error("no time is 0")
	}
}

func TestDecodeNamesWhatItCouldNotRead(t *testing.T) {
	if _, err := Decode[huiying.Case]("{"); err == nil {
		t.Error("a broken document was read")
	}
}
