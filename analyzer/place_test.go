package analyzer_test

import (
	"slices"
	"strings"
	"testing"

	"huiying"
)

// The traps of a county whose name is a piece of other words and whose villages
// share their names with cities.
func TestANameIsOurPlaceOnlyWhereTheWordsAroundItSaySo(t *testing.T) {
	t.Parallel()
	web := func(text string) huiying.Post { return huiying.Post{Channel: huiying.ChannelWeibo, Text: text} }
	for _, c := range []struct {
		name  string
		post  huiying.Post
		codes []huiying.Region // exactly these, in order; a place with candidates counts as ""
	}{
		{"the county by its full name", web("交城县又停水了"), []huiying.Region{"141122"}},
		{"the county by its short name", web("在交城生活了十年"), []huiying.Region{"141122"}},
		{"handing over to the city's archive", web("竣工资料应移交城建档案馆"), nil},
		{"handing in the city plan", web("开发商提交城市规划方案"), nil},
		{"a city of buses", web("建设公交城市，方便出行"), nil},
		{"a social city", web("打造社交城市新名片"), nil},
		{"our village of that name", web("交城县石家庄村的路灯坏了"), []huiying.Region{"141122", "141122100214"}},
		{"the city of that name", web("石家庄市的路灯坏了"), nil},
		{"the city of that name beside our county", web("从交城县去石家庄市怎么走"), []huiying.Region{"141122"}},
		{"a village after its township", web("天宁镇石家庄村的路灯坏了"), []huiying.Region{"141122100", "141122100214"}},
		{"a township that is now parts of two", web("会立乡的老乡们好"), []huiying.Region{""}},
		{"a township's old name", web("横尖镇的路断了"), []huiying.Region{"141122105"}},
		{"a township in full", web("西社镇的路断了"), []huiying.Region{"141122104"}},
		{"a township of that name at the neighbour's", web("文水县西社镇的路断了"), nil},
		{"the neighbour's in short", web("古交西社镇的路断了"), nil},
		{"a bare village name without context", web("石家庄今天下雪"), nil},
		{"nowhere", web("今天天气不错"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			as := shared().Assess(c.post)
			checkAssessment(t, c.post, as)
			var got []huiying.Region
			for _, p := range as.Places {
				got = append(got, p.Code)
			}
			if !slices.Equal(got, c.codes) {
				t.Errorf("places %+v, want %q", as.Places, c.codes)
			}
		})
	}
}

func TestADividedTownshipLeavesTheChoiceToAPerson(t *testing.T) {
	t.Parallel()
	as := shared().Assess(huiying.Post{Channel: huiying.ChannelForum, Text: "会立乡的路断了，没人管"})
	if len(as.Places) != 1 || !slices.Equal(as.Places[0].Candidates, []huiying.Region{"141122202", "141122105"}) {
		t.Fatalf("places %+v, want two candidates", as.Places)
	}
	towns := 0
	for _, u := range as.Units {
		if u.Unit == "t202" || u.Unit == "t105" {
			towns++
			if u.P > 0.5 {
				t.Errorf("%+v is too sure", u)
			}
		}
	}
	if towns != 2 {
		t.Errorf("units %v, want both townships", as.Units)
	}
}

func TestOffsetsCountCharactersOfTitleAndText(t *testing.T) {
	t.Parallel()
	p := huiying.Post{Channel: huiying.ChannelForum, Title: "😀求助", Text: "交城县西社镇停水"}
	as := shared().Assess(p)
	checkAssessment(t, p, as)
	if len(as.Places) != 2 || as.Places[0].Start != 4 || as.Places[1].Start != 7 || as.Places[1].End != 10 {
		t.Errorf("places %+v, want the county at 4 and the township at 7–10", as.Places)
	}
}

// traps are sentences a careful reader locates at once, by what makes them hard.
// codes are the places of ours, in order, without 141122 before each; c is the
// county itself, ? a place with several candidates. Those of here came by a
// channel of the county.
var traps = []struct {
	kind  string
	cases []trap
}{
	{"the county's name inside other words", []trap{
		{"项目竣工后三个月内移交城建档案馆", ""},
		{"规划局要求开发商重新提交城市规划图", ""},
		{"全力打造公交城市，绿色出行占比过半", ""},
		{"他在社交城里混得风生水起", ""},
		{"上月成交城区商品房二百套", ""},
		{"今年交城乡居民医保要四百块", ""},
		{"这块地应交城镇土地使用税", ""},
		{"工地的垃圾已转交城管处理", ""},
		{"外交城市之间的友好往来", ""},
		{"企业缴纳增值税的同时要交城建税", ""},
		{"市民可以在窗口递交城乡低保材料", ""},
		{"车站移交城投公司后一直没人管", ""},
		{"他把样品上交城里的实验室", ""},
		{"国交城际列车开行", ""},
		{"移“交城建”档案有什么流程", ""},
		{"建交城市纪念日活动举行", ""},
		{"每月按时交城中村的房租", ""},
		{"今年交城商行的贷款利息太高", ""},
		{"天津交城大厦着火，浓烟滚滚", ""},
		{"深圳交城广场今晚有演唱会", ""},
		{"邢台市交城商城促销", ""},
	}},
	{"the county by its name", []trap{
		{"昨晚上交城停电了，到现在没来", "c"},
		{"交城市场监管局查了三家超市", "c"},
		{"我们交城人都爱吃丸子汤", "c"},
		{"交 城 县供水公司又涨价", "c"},
		{"“交城”的骏枣熟了", "c"},
		{"山西省吕梁市交城县发布大风蓝色预警", "c"},
		{"吕梁交城公安破获一起盗窃案", "c"},
		{"在交城建成了第三座换热站", "c"},
		{"从太原回交城的最后一班车几点", "c"},
		{"听说交城要修高铁站", "c"},
		{"交城乡村振兴局公布名单", "c"},
		{"请交城县城管局管一管夜市", "c"},
		{"完成交城段路基施工", "c"},
		{"吕梁交城大酒店后厨着火", "c"},
		{"太原交城两地公交互通", "c"},
	}},
	{"a village named like a city", []trap{
		{"天宁镇石家庄村的路灯坏了", "100 100214"},
		{"交城县石家庄村吃水困难", "c 100214"},
		{"石家庄市地铁三号线延误", ""},
		{"我在石家庄打工三年没拿到工资", ""},
		{"here 坐火车去石家庄看病怎么报销", ""},
		{"here 交城到石家庄的大巴停运了", "c"},
		{"交城石家庄高速什么时候通车", "c"},
		{"here 石家庄村口的垃圾没人清", "100214"},
		{"山东东营油田招工", ""},
		{"西营镇东营村的水管爆了", "102 102205"},
		{"东营市中级人民法院开庭", ""},
		{"甘肃省定西市安定区地震", ""},
		{"洪相镇安定村的变压器坏了", "106 106201"},
		{"here 安定村三天没水", "106201"},
		{"河北石家庄长安区一小区停暖", ""},
	}},
	{"old names", []trap{
		{"会立乡的老乡们好", "?"},
		{"横尖镇的路断了", "105"},
		{"洪相乡中学什么时候合并的", "106"},
		{"here 义望乡的旧粮站能不能拆", "?"},
		{"原惠家庄乡政府大院荒了", "202"},
		{"岭底乡的退耕补贴没发", "?"},
		{"会立乡柏叶口村的桥塌了", "202 202214"},
		{"城关镇中心小学家长反映伙食差", ""},
		{"交城县城关镇的老户口本还能用吗", "c 100"},
		{"临颍县城关镇中心小学放假", ""},
		{"here 燕家庄乡撤了以后医疗点也没了", "202"},
		{"交城县古洞道乡的老照片", "c c"},
		{"中庄乡没了，学校也没了", "105"},
	}},
	{"villages that were merged", []trap{
		{"交城县水峪贯镇大足底村的老房子", "c 103 103"},
		{"here 兑久会村的路谁管", "?"},
		{"here 石沙峪口的护林点着火了", "202"},
		{"东坡底乡冯家沟口发生滑坡", "202 202"},
		{"王家沟的果园遭了冰雹", ""},
		{"张家庄村委会换届", ""},
		{"here 大草坪的草场有人放牧", "105"},
		{"东坡底乡李家沟村断电两天", "202 202"},
	}},
	{"bare names with nothing to go by", []trap{
		{"田家山今天下雪了", ""},
		{"西街的早点铺子关门了", ""},
		{"东关大街堵车", ""},
		{"城内到处在挖路", ""},
		{"南街村的方便面好吃", ""},
		{"王村的水渠塌了", ""},
		{"龙门石窟人山人海", ""},
		{"双龙湾景区门票涨价", ""},
		{"马庄村支书被举报", ""},
		{"长三角一体化加速", ""},
		{"青山绿水就是金山银山，山水林田湖草沙", ""},
		{"苏东坡的词写得真好", ""},
		{"中庄村办起了养殖场", ""},
		{"北关小学门口接送拥堵", ""},
		{"寨子里的老人都搬走了", ""},
	}},
	{"names that hide in other words", []trap{
		{"here 校长立即赶到现场", ""},
		{"here 山西社保卡怎么激活", ""},
		{"here 社会立法要听民意", ""},
		{"here 大会立项的工程没动静", ""},
		{"here 门市部扩大营业面积占了人行道", ""},
		{"here 在这种情况下关闭阀门很危险", ""},
		{"here 歌曲里唱的就是我们的生活", ""},
		{"here 旧学校改建成村史馆", ""},
		{"here 这段村道坑坑洼洼", ""},
		{"here 第一阶段村里先修渠", ""},
		{"here 城东社区诊所不开门", ""},
		{"here 房东社保断缴了怎么办", ""},
		{"here 陕西社火进京表演", ""},
		{"here 希望社会安定、家庭幸福", ""},
		{"here 交城的山交城的水，好山水养好人", "c c"},
		{"here 爱吃东坡肉的人注意了", ""},
		{"here 台湾八卦山大佛", ""},
		{"here 县城头一回装了智能红绿灯", ""},
		{"here 保持交城安定团结的局面", "c"},
		{"here 三角债拖垮了小企业", ""},
		{"here 孩子把鱼儿放回了河里", ""},
		{"here 宿舍科室都没有暖气", ""},
	}},
	{"bare names with the county beside them", []trap{
		{"交城县田家山着火了", "c 100203"},
		{"交城县城西街一个老小区停水", "c 100001"},
		{"交城东关市场搞消防演练", "c 100004"},
		{"here 北关的换热站坏了", "100006"},
		{"here 磁窑那边修路的工钱没给", "100201"},
		{"here 我们大营的路啥时候修", "102203"},
		{"here 王村水渠塌了三十米", "101210"},
		{"夏家营镇王村的水渠塌了", "101 101210"},
		{"here 我家住在南堡，门口的沟没盖", "104200"},
		{"here 横尖往西两公里落石", "105205"},
		{"here 东街、南街、下关夜间停水", "100003 100002 100005"},
		{"here 在西营镇的大营和寨子都闻到味", "102 102203 102201"},
		{"奈林村的枣卖不出去", "100210"},
		{"蒲渠河的老人摔了", "100200"},
		{"here 榆郡小学只剩三个学生", "103203"},
		{"交城的岭底山路塌方", "c 100213"},
		{"here 西社的饭店排污水", "104"},
		{"水峪贯镇西坡村的羊丢了", "103 103216"},
		{"here 双龙村通信信号差", "103218"},
	}},
	{"neighbours", []trap{
		{"文水县西社镇的路断了", ""},
		{"文水县的西社镇又堵车", ""},
		{"从文水到交城县西营镇的公交停了", "c 102"},
		{"古交西社镇的煤车太多", ""},
		{"清徐县城东关一饭店起火", ""},
		{"here 清徐县王村发生车祸", ""},
		{"交口县康城镇一煤矿冒顶", ""},
		{"汾阳市贾家庄镇东街改造", ""},
		{"娄烦县城西街菜价涨了", ""},
		{"here 方山县马庄村的山火", ""},
		{"离石区城北街道西关社区", ""},
		{"文水县孝义镇大营村的厂子", ""},
		{"here 夏家营镇挨着清徐，异味从那边来", "101"},
		{"here 从古交拉煤的车压坏了西社镇的路", "104"},
		{"交城县与文水县交界的西营镇段路灯不亮", "c 102"},
		{"孝义市下关村拆迁", ""},
		{"here 东汾阳村的灌渠漏水", "100207"},
		{"here 文水那边的大营村民也来排队", ""},
	}},
	{"other provinces and cities", []trap{
		{"河北省邢台市宁晋县大营村发生火灾，大营村村民说当时风很大", ""},
		{"河南临颍南街村参观团", ""},
		{"陕西省榆林市横山区双龙村", ""},
		{"太原市小店区王村拆迁款没发", ""},
		{"here 湖北省黄石市西塞山区东坡村救援", ""},
		{"盂县西社村发现古墓", ""},
		{"阳曲县大营村口的检查站", ""},
		{"成都云顶山音乐节", ""},
		{"北京天宁寺塔修缮", ""},
		{"临县安定村的枣林", ""},
		{"here 在山东德州打工，那边的马庄村工地欠薪", ""},
		{"山西吕梁交城县天宁镇马庄村", "c 100 100215"},
		{"四川彭州磁窑村发现窑址", ""},
		{"here 网传视频是湖南的王村，不是我们交城的", "c"},
	}},
	{"lists", []trap{
		{"西营、夏家营、洪相等乡镇开展秸秆禁烧", "102 101 106"},
		{"涉及西营镇西营、大营、东营、寨子四个村", "102 102200 102203 102205 102201"},
		{"庞泉沟镇横尖村、长立、社堂方向请绕行", "105 105205 105201 105206"},
		{"天宁镇、西社镇、水峪贯镇今夜有大雨", "100 104 103"},
		{"交城县大辛、小辛、辛南三个村的灌溉", "c 101212 101213 101214"},
		{"here 到横岭、野则河等偏远村巡诊", "104211 104210"},
		{"西街、东街、南街都在挖沟", ""},
		{"贺家寨、温家寨、连家寨一带停电", "101205 101207 101202"},
	}},
	{"names that are split", []trap{
		{"“西营”镇的异味", "102"},
		{"西 营 镇 又 臭 了", "102"},
		{"夏家营　镇的路灯", "101"},
		{"交城县「石家庄」村", "c 100214"},
		{"here 说的就是“磁窑”村", "100201"},
		{"天宁 镇 石家庄 村", "100 100214"},
		{"here 他去开大会 立刻表态", ""},
	}},
	{"mountains, temples, waters and roads", []trap{
		{"卦山后坡冒烟了", "100"},
		{"玄中寺停车费太贵", "106"},
		{"庞泉沟封山了吗", "105"},
		{"庞泉沟国家级自然保护区禁止穿越", "105"},
		{"柏叶口水库放水", "202"},
		{"交城县境内307国道堵了五公里", "c c"},
		{"307国道陕西段封闭", ""},
		{"here 307国道大车把路压坏了", "c"},
		{"交城县太中银铁路道口护栏坏了", "c c"},
		{"太中银铁路晚点", ""},
		{"文峪河水变黑了", "c"},
		{"文峪河水库水位下降", "c"},
		{"交城天宁寺庙会挤满了人", "c 100"},
		{"常州天宁寺烧头香", ""},
		{"西冶河边倒了一堆建筑垃圾", "c"},
		{"here 瓦窑河两岸的路灯", "c"},
		{"文水县文峪河河道采砂", ""},
	}},
	{"a township beside a village of another", []trap{
		{"西社镇西社村", "104 104205"},
		{"西社镇石家庄村", "104"},
		{"洪相镇洪相村的文化站", "106 106202"},
		{"东坡底乡东坡底村的集市", "202 202207"},
		{"会立村的卫生室关了，归东坡底乡管", "202215 202"},
		{"石家庄镇的工厂", ""},
		{"双龙镇政府门口排队", ""},
		{"here 西营街道办事处", ""},
		{"我们西社镇的养老金", "104"},
	}},
	{"people and words that look like places", []trap{
		{"here 张西社是我同学", ""},
		{"here 义望村段义望同志", "101208"},
		{"here 王西营老师退休了", ""},
		{"here 我们西社是个大镇", "104"},
		{"here 山水村庄度假区", ""},
		{"here 段村路口的垃圾箱满了", "101200"},
		{"here 十字交口处红绿灯坏了", ""},
		{"交口县石家庄村停水三天", ""},
		{"here 文峪河水库放水淹了地", "c"},
		{"娄烦县庞泉沟村的羊", ""},
	}},
	{"of every kind, written after the rules", []trap{
		{"竣工图纸已移交城市建设档案馆", ""},
		{"社保费由单位代扣代交城乡居民无须重复缴", ""},
		{"深交城投债今天大跌", ""},
		{"here 公交城北线改道了", ""},
		{"邦交城邦的历史课", ""},
		{"早上交城大雾，高速封了", "c"},
		{"交城乡亲们帮忙找人", "c"},
		{"#交城身边事# 南门口的红绿灯坏了", "c"},
		{"听我同学讲交城中学换校长了", "c"},
		{"这趟车经过交城、文水、汾阳", "c"},
		{"here 天宁镇东关社区的下水道堵了", "100 100004"},
		{"here 龙门社区三号楼电梯停了半个月", "100007"},
		{"here 大营村支书换人了吗", "102203"},
		{"here 段村的集会几点散", "101200"},
		{"here 温家寨浇地的井塌了", "101207"},
		{"here 请问覃村幼儿园收几岁的孩子", "101209"},
		{"here 鲁沿到青沿的路没有护栏", "103204 103205"},
		{"here 贺家沟的煤矸石自燃", "202"},
		{"here 广兴村卫生室没人", "106203"},
		{"here 成村的玉米被野猪糟蹋", "106200"},
		{"here 老人说双家寨以前有戏台", "105213"},
		{"here 神堂坪有人偷伐", "202216"},
		{"here 米家庄养鸡场臭味大", "104208"},
		{"here 燕家庄那边塌方了", "202210"},
		{"水峪贯镇岭上村的水窖", "103 103"},
		{"西社镇塔上到南堡的路灯", "104 104 104200"},
		{"塔梭村的牧羊人走失", "100223"},
		{"竖石佛摩崖造像要保护", "100216"},
		{"here 小辛借了我五千块不还", ""},
		{"here 芝兰姐在家带娃", ""},
		{"here 房子在城里的三角地", ""},
		{"here 院长立了军令状", ""},
		{"here 农村青村支书带头致富", ""},
		{"here 大塔倒影很好看", ""},
		{"here 前庄稼人后生意人", ""},
		{"here 新城市庄重承诺", ""},
		{"here 山西营商环境越来越好", ""},
		{"here 江西社会治安不错", ""},
		{"here 工业园区横岭隧道口堵车", ""},
		{"here 情况下关系到每个人", ""},
		{"洛阳龙门镇的牡丹", ""},
		{"汾阳西社村的杏花酒", ""},
		{"文水西营村的肉牛", ""},
		{"here 文水县马西乡双龙村的亲戚来借钱", ""},
		{"here 清徐西谷乡的醋厂", ""},
		{"岚县王村乡马铃薯丰收", ""},
		{"大同市云冈区西街小学停课", ""},
		{"浙江义乌前庄村快递爆仓", ""},
		{"太谷区范家庄村葡萄熟了", ""},
		{"祁县东关汽车站搬迁", ""},
		{"内蒙古乌兰察布市的马庄村", ""},
		{"西安东关正街老字号", ""},
		{"here 我从太原回来，发现我们马庄村的路还没修", "100215"},
		{"here 吕梁市里开会，定了磁窑村通水的事", "100201"},
		{"“水峪贯”镇的护林员", "103"},
		{"庞 泉 沟 镇停电通知", "105"},
		{"卦山景区门票", "100"},
		{"关帝山林局招人", ""},
		{"交城县关帝山里有人露营生火", "c c"},
		{"玄中寺在文水还是交城", "106 c"},
		{"夏家营生态工业园区的企业夜里排烟", "101"},
		{"交城经济开发区招商", "c"},
		{"夏汾高速交城段车祸", "c c"},
		{"国道307线改造，交城县境内封闭施工", "c"},
		{"东坡底乡神堂坪村、逯家岩村、康家社村受灾", "202 202216 202206 202209"},
		{"会立、东坡底、水峪贯三乡镇今夜降雪", "202215 202 103"},
		{"here 洪相线停电，安定、横头、舍堂都没电", "106 106201 106207 106204"},
		{"here 中庄乡卫生院的老大夫走了", "105"},
		{"here 岭底的核桃树苗什么时候发", "100213"},
		{"here 横尖林场招防火员", "105205"},
	}},
}

type trap struct{ text, codes string }

func (c trap) post() huiying.Post {
	if text, ok := strings.CutPrefix(c.text, "here "); ok {
		return huiying.Post{Channel: huiying.ChannelForum, Text: text}
	}
	return huiying.Post{Channel: huiying.ChannelWeibo, Text: c.text}
}

func TestATrapIsReadAsACarefulReaderWould(t *testing.T) {
	t.Parallel()
	var right, found, wanted, rows, clean int
	for _, k := range traps {
		for _, c := range k.cases {
			as := shared().Assess(c.post())
			checkAssessment(t, c.post(), as)
			var got []string
			for _, p := range as.Places {
				switch code := string(p.Code); code {
				case "":
					got = append(got, "?")
				case "141122":
					got = append(got, "c")
				default:
					got = append(got, strings.TrimPrefix(code, "141122"))
				}
			}
			want := strings.Fields(c.codes)
			rows, found, wanted = rows+1, found+len(got), wanted+len(want)
			if slices.Equal(got, want) {
				clean++
			} else {
				t.Errorf("%s: %s: found %v, want %v (%+v)", k.kind, c.text, got, want, as.Places)
			}
			for _, code := range want {
				if i := slices.Index(got, code); i >= 0 {
					right, got = right+1, slices.Delete(got, i, i+1)
				}
			}
		}
	}
	t.Logf("%d of %d sentences right; precision %d of %d (%.3f), recall %d of %d (%.3f)", clean, rows,
		right, found, float64(right)/float64(found), right, wanted, float64(right)/float64(wanted))
}

func TestATextOfAnotherLandSaysWhich(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"交口县康城镇一煤矿冒顶，两人被困":          "交口县",
		"吕梁交口县一煤矿冒顶":                "交口县",
		"清徐这边化工园晚上味真大":              "清徐",
		"离石区、方山县联合开展跨县河道保洁":         "离石区",
		"石家庄今天堵得离谱，二环上一动不动":         "石家庄",
		"河北省邢台市宁晋县大营村发生火灾":          "河北省邢台市宁晋县",
		"临县一乡镇卫生院被曝收红包":             "临县",
		"杭州一小区电梯坠落":                 "杭州",
		"太原市小店区王村拆迁款没发":             "太原市小店区",
		"古交到娄烦那段路结冰了，去交城方向的走高速吧":    "娄烦",
		"here 我们标段在汾阳市，招标文件写得不清楚":   "汾阳市",
		"here 河北邯郸一企业招工骗人":          "河北",
		"文水县西社镇的路断了":                "文水县",
		"呼和浩特的暖气今年来得早":              "呼和浩特",
		"四川一车辆坠崖，救援人员赶往现场":          "四川",
		"山西临汾一饭店坍塌":                 "",
		"山西吕梁今天降温八度":                "",
		"吕梁市公布义务教育招生办法":             "",
		"山西省医保局发布通知":                "",
		"交城县城停水，文水县也停了":             "",
		"从文水到交城县西营镇的公交停了":           "",
		"北京路的下水道又堵了":                "",
		"语文水平测试成绩出来了":               "",
		"远离石油管道，注意安全":               "",
		"水文水资源局公告":                  "",
		"全市各县都在创建文明城市":              "",
		"小区楼下的超市夜里放音响":              "",
		"here 我从太原回来，路灯还是没修":        "",
		"here 老家的路没人管，我在北京干着急":      "",
		"here 去清徐看病能不能报销":           "",
		"here 我们村的水渠塌了，隔壁文水县的早修好了":  "",
		"今天天气不错":                    "",
		"here 交城县天宁镇的亲戚在石家庄市打工没领到钱": "",
	} {
		got := shared().Elsewhere(trap{text: text}.post())
		if want == "" && got != "" || !strings.Contains(got, want) || want != "" && !strings.Contains(got, "，") {
			t.Errorf("%s: elsewhere %q, want %q and why", text, got, want)
		}
	}
}

func TestAMatterOverTheBorderIsOneOfOursAndANeighbours(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"交城县与文水县交界的西营镇路段没人管":     true,
		"西营镇上游排污，下游文水县的鱼死了":      true,
		"交城、清徐两县联合整治砂场":          true,
		"夏家营镇与清徐县相邻的厂子夜里冒烟":      true,
		"古交市和西社镇都说不归自己管":         true,
		"文峪河水发黑，文水县、交城县互相推诿":     true,
		"庞泉沟镇和方山县的林地界线有争议":       true,
		"从文水到交城县西营镇的公交停了":        false,
		"交城县西营镇停水。文水县昨天下雨":       false,
		"文水县、汾阳市两县市交界处修路":        false,
		"交城县内乡镇交界处的路没人修":         false,
		"西营镇的苹果卖到了清徐":            false,
		"here 我在交城上班，家在文水，每天来回跑": false,
	} {
		why, got := shared().Crosses(trap{text: text}.post())
		if got != want || got == (why == "") {
			t.Errorf("%s: crosses %v %q, want %v", text, got, why, want)
		}
	}
}

// What is told of a name is as sure as what stands around it.
func TestTheMoreATextTellsTheSurerIsItsPlace(t *testing.T) {
	t.Parallel()
	least := 0.0
	for _, text := range []string{"西社镇的路断了", "here 西社镇的路断了", "交城县里通知，西社镇的路断了"} {
		as := shared().Assess(trap{text: text}.post())
		p := as.Places[len(as.Places)-1]
		if p.P <= least || p.P > 1 || !strings.Contains(p.Why, "乡镇全称") {
			t.Errorf("%s: %+v, want surer than %.2f", text, p, least)
		}
		least = p.P
	}
}

func BenchmarkPlaces(b *testing.B) {
	text := strings.Repeat("交城县西营镇大营村村民反映，从文水到夏家营镇的公路坑洼不平，校长立即赶到现场处理。", 20)
	find := shared().Places(huiying.Post{Channel: huiying.ChannelForum, Text: text})
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		find()
	}
}
