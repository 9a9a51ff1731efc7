// Command templates writes the Word templates a county begins with, in the house
// style of official documents (GB/T 9704). The office edits its own copies in
// Word; this program is only run to change what new installations get:
//
//	go run ./deploy/templates deploy/county/141122/templates
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

//go:generate go run . ../county/141122/templates

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: templates DIR")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "templates:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		if err := os.WriteFile(filepath.Join(dir, name+".docx"), documents[name]().docx(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// documents are the templates by the name of their kind.
var documents = map[string]func() *paper{
	"日报": daily, "周报": weekly, "月报": monthly, "专报": special, "快报": flash, "急报": urgent,
	"交办单": caseForm, "处置反馈单": feedbackForm, "台账": ledger, "考核表": appraisal,
}

// head is the red head of a numbered report.
func (d *paper) head() *paper {
	return d.p("密标", "工作秘密　不得外传").p("报头", "{{报头}}").p("文号", "{{文号}}").p("编印", "{{编印单位}}\t{{日期}}")
}

// foot is the record of copies and issue (版记).
func (d *paper) foot() *paper {
	return d.p("空行", "").p(small, "抄送：{{抄送}}").p(small, "{{编印单位}}\t{{日期}}印发")
}

func daily() *paper {
	d := portrait().head().overview("")
	d.p("一级标题", "二、重点舆情").matters()
	d.p("一级标题", "三、在办与超时清单").work()
	d.p("一级标题", "四、风险提示").remarks("风险提示")
	d.p("一级标题", "五、工作建议").remarks("工作建议")
	return d.foot()
}

func weekly() *paper { return survey("本周") }

func monthly() *paper { return survey("本月") }

func survey(word string) *paper {
	d := portrait().head().overview(word).categories()
	d.p("一级标题", "二、重点舆情").matters()
	d.p("一级标题", "三、办理情况").work().units()
	d.p("一级标题", "四、回应案例").answers()
	d.p("一级标题", "五、风险提示").remarks("风险提示")
	d.p("一级标题", "六、下期关注").remarks("下期关注")
	d.p("一级标题", "七、工作建议").remarks("工作建议")
	return d.foot()
}

func (d *paper) overview(word string) *paper {
	d.p("一级标题", "一、概况")
	d.p(body, "{{时段}}，共监测到与{{县名}}有关的信息{{信息总量}}条，{{总量环比}}。{{?有信息}}其中负面{{负面}}条、中性{{中性}}条、正面{{正面}}条，负面占{{负面占比}}，正负面比{{正负比}}。{{/有信息}}"+word+"新开交办单{{新增交办}}件，回应{{已回应}}件，办结{{已办结}}件，目前在办{{在办}}件。{{?未核实传闻}}另有未核实传闻{{未核实传闻数}}条，核实之前不作为事实计入以上交办、回应和重点舆情：{{未核实传闻}}。{{/未核实传闻}}{{?不实传闻}}已查明不实、不计入的：{{不实传闻}}。{{/不实传闻}}")
	caption := "分时信息量"
	if word != "" {
		caption = "逐日信息量"
	}
	d.p("图", "{{走势图}}").p("图注", caption)
	return d.any("分平台", func() {
		d.p("表题", "分平台情况").list("分平台", column{"平台", 30, "{{名称}}", ""}, column{"条数", 20, "{{条数}}", ""}, column{"占比", 20, "{{占比}}", ""}, column{"环比", 30, "{{环比}}", ""})
	})
}

func (d *paper) categories() *paper {
	return d.any("分类", func() {
		d.p("表题", "分类情况").list("分类", column{"类别", 50, "{{名称}}", ""}, column{"条数", 25, "{{条数}}", ""}, column{"占比", 25, "{{占比}}", ""})
	})
}

func (d *paper) matters() {
	d.none("重点舆情", "没有达到重点标准的舆情（已交办，或三级以上，或风险60分以上）。")
	d.any("重点舆情", func() { d.p(body, "达到重点标准的舆情{{重点总数}}起，列出其中最重的。") })
	d.section("重点舆情", func() {
		d.p("二级标题", "（{{序}}）{{标题}}")
		d.p(body, "{{等级}}。{{首发时间}}首发于{{首发来源}}，目前信息{{条数}}条、负面{{负面}}条、互动{{互动}}次，态势{{态势}}。地点：{{地点}}。责任单位：{{责任单位}}。办理状态：{{办理状态}}{{?编号}}（{{编号}}）{{/编号}}。")
	})
}

func (d *paper) work() *paper {
	d.none("在办清单", "没有在办的交办单。")
	d.any("在办清单", func() {
		d.p("表题", "在办清单").list("在办清单", column{"序", 5, "{{序}}", ""}, column{"编号", 25, "{{编号}}", ""}, column{"标题", 24, "{{标题}}", "表左"}, column{"等级", 12, "{{等级}}", ""},
			column{"责任单位", 14, "{{责任单位}}", ""}, column{"状态", 10, "{{办理状态}}", ""}, column{"最近时限", 15, "{{最近时限}}", ""})
		d.p("表左", "{{在办未列}}")
	})
	d.none("超时清单", "没有超时未办的时限。")
	return d.any("超时清单", func() {
		d.p("表题", "超时清单").list("超时清单", column{"序", 5, "{{序}}", ""}, column{"编号", 25, "{{编号}}", ""}, column{"标题", 24, "{{标题}}", "表左"}, column{"责任单位", 14, "{{责任单位}}", ""},
			column{"时限", 11, "{{时限}}", ""}, column{"到期", 14, "{{到期}}", ""}, column{"已超", 11, "{{已超}}", ""})
		d.p("表左", "{{超时未列}}")
	})
}

func (d *paper) units() *paper {
	d.none("单位响应", "没有交办给单位的事项。")
	return d.any("单位响应", func() {
		d.p("表题", "各单位响应时间（中位数）").list("单位响应", column{"单位", 18, "{{单位}}", ""}, column{"件数", 8, "{{件数}}", ""}, column{"签收", 13, "{{签收中位}}", ""}, column{"按时签收", 11, "{{按时签收}}", ""},
			column{"首次反馈", 13, "{{首次反馈中位}}", ""}, column{"回应", 14, "{{回应中位}}", ""}, column{"办结", 14, "{{办结中位}}", ""}, column{"现超时", 9, "{{现超时}}", ""})
		d.p("表左", "注：不足{{最低样本}}件的单位不作比较；不排名。")
	})
}

func (d *paper) answers() *paper {
	d.none("回应案例", "本期没有新的回应。")
	return d.any("回应案例", func() {
		d.list("回应案例", column{"序", 5, "{{序}}", ""}, column{"编号", 25, "{{编号}}", ""}, column{"标题", 21, "{{标题}}", "表左"}, column{"责任单位", 13, "{{责任单位}}", ""},
			column{"回应时间", 13, "{{回应时间}}", ""}, column{"用时", 12, "{{回应用时}}", ""}, column{"形式", 12, "{{回应形式}}", ""}, column{"渠道", 14, "{{回应渠道}}", ""})
	})
}

func (d *paper) remarks(list string) {
	d.none(list, "无。").p(body, "{{#"+list+"}}{{序}}．{{内容}}{{/"+list+"}}")
}
