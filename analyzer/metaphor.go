package analyzer

import (
	"regexp"
	"strings"
)

// disastrous are the words of disaster that people also use of feelings, exams,
// markets and jokes.
var disastrous = map[string]bool{
	"雪崩": true, "地震": true, "爆炸": true, "崩塌": true, "坍塌": true, "垮塌": true, "炸了": true, "着火": true, "起火": true, "大火": true, "火灾": true,
	"洪水": true, "山洪": true, "决口": true, "溃坝": true, "泥石流": true, "塌方": true, "暴雨": true, "冰雹": true, "龙卷风": true, "余震": true,
	"矿难": true, "车祸": true, "翻车": true, "追尾": true, "遇难": true, "伤亡": true, "重伤": true, "灾情": true, "火情": true,
}

var (
	// figurativeIn stand in sentences in which nothing burns or shakes.
	figurativeIn = look(`房价|股市|股价|行情|票房|朋友圈|心态|人气|流量|爆款|刷屏|销量|比分|绝杀|电影|小说|游戏|剧情|心都|爱情|情感|` +
		`考场|期末|期中|写作业|辅导.{0,3}作业|备考|挂科|失恋|分手|相亲|减肥|健身|练腿|练胸|深蹲|钱包|余额|双十一|双11|年会|抽奖|追剧|编剧|综艺|演唱会|唱歌|跑调|包袱|段子|脱口秀|` +
		`原地爆炸|全场爆炸|全军覆没|笑死|笑到|笑疯|笑喷|笑哭|哈哈`)

	// likeness before a word, or around it. 好像 and 像是 are a witness's caution.
	likened = regexp.MustCompile(`(?:如同|犹如|宛如|宛若|仿佛|堪比|好比|简直)[^，。！？；]{0,8}$`)
	likeA   = regexp.MustCompile(`(?:^|[^好])(?:像|跟|和)[^，。！？；是]{0,6}$`)
	sameAs  = regexp.MustCompile(`^[^，。！？；]{0,3}(?:一样|一般|似的|般的?|现场)`)
	asBusy  = regexp.MustCompile(`^[了]?(?:一样|似的|般)`)

	// inward is where no disaster can be.
	inward = regexp.MustCompile(`(?:心里|内心|心头|血压|钱包|余额|胃里|脑子|脑袋|脑海|头皮|嗓子|肌肉|眼泪|家长群|舍友)[^，。！？；]{0,8}$`)

	// flops are what goes wrong on a stage or in a kitchen.
	flops = look(`直播|主播|唱|做饭|做菜|厨|烘焙|蛋糕|演讲|化妆|自拍|滤镜|口碑|品牌|视频|美食|产品|大型翻车|大型车祸`)

	// earnest is what only real harm brings along.
	earnest = look(`消防|救护|救援|抢救|报警|110|119|120|受伤|伤者|死亡|送医|被困|浓烟|黑烟|村民|居民|交警|房屋|河堤|货车|轿车|大车|客车|面包车|三轮|高速|国道|省道`)

	filmLike = regexp.MustCompile(`(?:像|跟|和|如|似|拍)[^，。！？；]{0,4}(?:电影|电视剧|小说|游戏|大片)[^，。！？；]{0,4}(?:一样|似的|般)`)
)

// figurative reports whether a word of disaster between the bytes start and end is
// a figure of speech in its sentence.
func (r *reading) figurative(from, start, end, to int) bool {
	word := r.text[start:end]
	if !disastrous[word] {
		return false
	}
	const reach = 16 // runes; no likeness and no feeling is named from farther
	before, after := r.text[max(from, r.seen.back(start, reach)):start], r.text[end:to]
	if likened.MatchString(before) || sameAs.MatchString(after) && likeA.MatchString(before) {
		return true
	}
	if earnest.within(r.seen, from, to) {
		return false
	}
	if len(r.runes) <= shortPost {
		from, to = 0, len(r.text)
	}
	return figurativeIn.within(r.seen, from, to) || inward.MatchString(before) || asBusy.MatchString(after) ||
		(word == "翻车" || word == "车祸") && flops.within(r.seen, from, to)
}

// shortPost is how many characters a post has at most whose sentences are of one
// mood.
const shortPost = 80

// filmed: it was like in a film (像拍电影一样) is said of what happened.
func (r *reading) filmed(from, to int) bool {
	said := r.text[from:to]
	return strings.ContainsAny(said, "像跟和如似拍") && filmLike.MatchString(said) && earnest.within(r.seen, from, to)
}
