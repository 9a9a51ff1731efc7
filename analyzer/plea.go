package analyzer

import "strconv"

// plea is what the title of a letter does, or its first sentence: complain, ask,
// propose. A polite letter may complain and a bitter one may only ask.
type plea struct {
	complains bool // 投诉…, 举报…, 反对…
	asks      bool // 咨询…, …的建议, 能否…, …吗
	requests  bool // 请求…, 呼吁…, 应尽早…
	wants     bool // 请求修建…, 加快…
	harms     int  // words of wrongs, harm and neglect, at most mostHarms
	told      bool // there is a title or a sentence
}

const (
	mostHarms   = 2
	titleOpens  = 4 * 3 // bytes before a word that opens a title: 强烈, 关于, 再次
	titleCloses = 4     // and after one that closes it: 。
)

var (
	complaining = look(`投诉|举报|控诉|检举|反对|抗议|谴责|曝光|揭露|维权|质疑`)
	asking      = look(`咨询|请问|求问|想问|问问|请教|建议|提议|倡议|呼吁|希望|期待|盼望|疑问|请示|意见|设想|问询|诉求`)
	wondering   = look(`可否|能否|能不能|是否|可不可以|有没有|会不会|请问|什么时候|何时能|何时(?:可以|开)|几时|怎么(?:办理|申请|算|界定|领|交|缴|处理|查|转|补|落)|如何(?:办理|申请|计算|界定|处理|认定|补|领|查|规划|落)|多少|在哪|哪里|哪些|哪个|何不|何去何从|什么(?:条件|手续|程序|材料|政策|标准)|为什么不能`)
	questioning = look(`吗|么|呢`)
	requesting  = look(`请求|恳请|恳求|敬请|呼吁|倡议|希望|期望|盼望|请(?:降低|放宽|增|加|给|为|把|在|让|取消|重视|关注|保护|帮|尽快|及时|解决|考虑)|应(?:当|该|尽快|尽早|加强|公布|公开|建立|设|给|有|让|允许|重视|考虑)|的请求|事宜`)
	wanting     = look(`(?:请求|恳请|请|恳求|希望|望|求|建议|急需|需要|呼吁|盼).{0,12}?(?:修建|新建|建设|兴建|增设|增加|增开|加设|加装|安装|设立|设置|恢复|维修|修复|修缮|硬化|拓宽|改造|开通|开放|加快|加大|加强|发展|提高|提升|完善|优化|延长|延伸|放宽|帮助|支持|关注|考虑|规划|落实|尽快|尽早)|解决.{0,14}(?:用水|饮水|出行|上学|读书|就业|交通|停车|公交|困难)|加快|尽快|增设|增开|早日`)
)

// pleaOf reads the title of a letter.
func pleaOf(r *reading) plea {
	from, to := 0, r.titleBytes()
	if to == 0 && len(r.sentences) > 0 {
		to = int(r.bytes[r.sentences[0].to])
	}
	if to == 0 {
		return plea{}
	}
	at := func(p *pattern, ok func(start, end int) bool) (found bool) {
		p.matches(r.seen, func(start, end int) bool {
			found = start >= from && end <= to && ok(start, end)
			return !found && start < to
		})
		return found
	}
	edge := func(start, end int) bool { return start-from <= titleOpens || to-end <= titleCloses }
	anywhere := func(_, _ int) bool { return true }
	p := plea{told: true}
	p.complains = at(complaining, edge)
	p.asks = at(asking, edge) || at(wondering, anywhere) || at(questioning, func(_, end int) bool { return to-end <= titleCloses })
	p.requests = at(requesting, anywhere)
	p.wants = at(wanting, anywhere)
	for _, f := range r.tonals {
		if int(f.end) <= to && p.harms < mostHarms && r.analyzer.tones.harmful(f) {
			p.harms++
		}
	}
	return p
}

// score is above 0 for a title that complains, below for one that asks or
// proposes; 0 does not tell.
func (p plea) score() int {
	score := 2 * p.harms
	if p.complains {
		score += 3
	}
	if p.asks {
		score -= 2
	}
	if p.requests {
		score--
	}
	if p.wants {
		score--
	}
	return score
}

// says labels a letter by its title where that is plain; few letters were
// labelled by hand.
func (p plea) says() (string, use) {
	switch s := p.score(); {
	case s > 0:
		return "negative", useTrain
	case s < 0:
		return "other", useTrain
	}
	return "", useNot
}

// signs names what was read.
func (p plea) signs(add func(name ...string)) {
	if !p.told {
		return
	}
	for _, s := range [...]struct {
		name string
		is   bool
	}{{"complains", p.complains}, {"asks", p.asks}, {"requests", p.requests}, {"wants", p.wants}, {"harm", p.harms > 0}, {"harms", p.harms > 1}} {
		if s.is {
			add("plea:", s.name)
		}
	}
	add("plea:", strconv.Itoa(p.score()))
}
