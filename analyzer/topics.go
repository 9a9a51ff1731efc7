package analyzer

import (
	"strings"
	"unicode/utf8"

	"huiying"
)

type topic struct {
	huiying.Topic
}

func newTopics(l huiying.Lexicon) []topic {
	out := make([]topic, len(l.Topics))
	for i, t := range l.Topics {
		out[i] = topic{t}
	}
	return out
}

// hit is one place where a topic's word stands and means what it says.
type hit struct {
	topic      *topic
	word       string
	start, end int // rune offsets
}

// match finds the signal words of every topic. A word whose sentence (or whose
// title) holds a veto context, or a metaphor, means something else and is passed
// over. Each word counts once.
func (a *Analyzer) match(r *reading) []hit {
	var hits []hit
	title := ""
	if r.post.Title != "" && strings.HasPrefix(r.text, r.post.Title) {
		title = r.post.Title
	}
	for i := range a.topics {
		t := &a.topics[i]
		for _, w := range t.Words {
			for from := 0; ; {
				k := strings.Index(r.text[from:], w)
				if k < 0 {
					break
				}
				at := from + k
				start := utf8.RuneCountInString(r.text[:at])
				sentence := r.sentence(start)
				if vetoed(t, sentence) || vetoed(t, title) || metaphor(sentence, w) || negated(r.text[:at]) {
					from = at + len(w)
					continue
				}
				hits = append(hits, hit{topic: t, word: w, start: start, end: start + utf8.RuneCountInString(w)})
				break
			}
		}
	}
	return hits
}

func vetoed(t *topic, sentence string) bool {
	for _, v := range t.Veto {
		if strings.Contains(sentence, v) {
			return true
		}
	}
	return false
}

// metaphors: words of disaster beside words of markets, sport and feelings.
var metaphorContexts = []string{
	"房价", "股市", "股价", "行情", "票房", "朋友圈", "心态", "人气", "流量", "爆款", "刷屏", "销量", "比分", "绝杀", "电影", "小说", "游戏", "剧情", "心都", "爱情", "情感",
}

func metaphor(sentence, word string) bool {
	switch word {
	case "雪崩", "地震", "爆炸", "崩塌", "坍塌", "炸了", "着火", "起火", "大火", "洪水", "泥石流", "塌方", "暴雨":
		for _, m := range metaphorContexts {
			if strings.Contains(sentence, m) {
				return true
			}
		}
	}
	return false
}

// negated reports whether the word is denied: "未发生", "没有", "无".
func negated(before string) bool {
	for _, n := range []string{"未发生", "没有发生", "未出现", "没有出现", "未造成", "没有造成", "杜绝", "防止", "防范", "避免", "谨防", "严防"} {
		if strings.HasSuffix(before, n) {
			return true
		}
	}
	return false
}
