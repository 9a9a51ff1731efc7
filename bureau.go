package huiying

// Bureaus are the kinds of bureau citizen letters are answered by, whatever a
// county calls its own: the labels of the letters the model was taught by. A unit
// names those it stands for ([Unit.Bureaus]).
var Bureaus = []string{
	"教育", "城管", "交通运输", "自然资源规划", "公安", "公安交警", "人社", "住建房产", "人才财政税务", "发改", "生态环境",
	"农业农村水利", "卫健医保", "民政", "市场监管", "文旅体",
}
