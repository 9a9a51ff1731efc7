package analyzer

import (
	"math"
	"math/rand/v2"
)

// vector is a sparse text vector for training. A slot may stand in it more than
// once, for another bag each time.
type vector struct {
	slots  []uint32
	values []float32
	bags   []uint8
}

// svm fits a linear support vector machine with squared hinge loss to vectors of
// which want says on which side they belong, by dual coordinate descent (Hsieh
// et al. 2008, "A dual coordinate descent method for large-scale linear SVM").
// cost is C, multiplied by weight for each row. It returns the weights by slot
// and the bias.
func svm(rows []vector, want []bool, weight []float32, cost float64, dim int, seed uint64) (w []float32, bias float32) {
	const (
		passes = 60
		enough = 0.02 // of the projected gradient
	)
	w = make([]float32, dim)
	alpha := make([]float64, len(rows))
	norm := make([]float64, len(rows))
	for i, r := range rows {
		norm[i] = 1 // the bias is a feature of value 1
		for _, v := range r.values {
			norm[i] += float64(v) * float64(v)
		}
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	rng := rand.New(rand.NewPCG(seed, 17))
	b := 0.0
	for range passes {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		high, low := math.Inf(-1), math.Inf(1)
		for _, i := range order {
			y := -1.0
			if want[i] {
				y = 1
			}
			diag := 0.5 / (cost * float64(weight[i]))
			z := float32(0)
			for k, s := range rows[i].slots {
				z += w[s] * rows[i].values[k]
			}
			grad := y*(float64(z)+b) - 1 + alpha[i]*diag
			projected := grad
			if alpha[i] == 0 && grad > 0 {
				projected = 0
			}
			high, low = max(high, projected), min(low, projected)
			if math.Abs(projected) < 1e-9 {
				continue
			}
			old := alpha[i]
			alpha[i] = max(0, old-grad/(norm[i]+diag))
			d := (alpha[i] - old) * y
			b += d
			step := float32(d)
			for k, s := range rows[i].slots {
				w[s] += step * rows[i].values[k]
			}
		}
		if high-low < enough {
			break
		}
	}
	return w, float32(b)
}

// platt fits P(yes) = 1/(1+exp(−(a·z+b))) to held-out scores by Newton's method,
// with Platt's smoothed targets (Platt 1999; Lin, Lin and Weng 2007); weight is how
// many rows each counts for.
func platt(z []float64, yes []bool, weight []float64) (a, b float64) {
	n, pos := 0.0, 0.0
	for i, y := range yes {
		n += weight[i]
		if y {
			pos += weight[i]
		}
	}
	high, low := (pos+1)/(pos+2), 1/(n-pos+2)
	a, b = 1, math.Log((pos+1)/(n-pos+1))
	for range 100 {
		var ga, gb, haa, hab, hbb float64
		for i, s := range z {
			t := low
			if yes[i] {
				t = high
			}
			p := sigmoid(a*s + b)
			d, h := weight[i]*(p-t), weight[i]*(p*(1-p)+1e-9)
			ga += d * s
			gb += d
			haa += h * s * s
			hab += h * s
			hbb += h
		}
		haa += 1e-6
		det := haa*hbb - hab*hab + 1e-12
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		a, b = a-da, b-db
		if math.Abs(da)+math.Abs(db) < 1e-7 {
			break
		}
	}
	return max(a, 1e-3), b
}

// temperature is the a and the doubt d for which the probability of the likeliest
// label, under (1−d)·softmax(a·z) + d/n, tells best how often it is right (Guo et
// al. 2017, with a share for labels that are wrong): by golden-section search for
// a between 0.1 and 20, for each d up to 0.3.
func temperature(z [][]float64, want []int) (a, doubt float64) {
	loss := func(a, d float64) float64 {
		sum := 0.0
		for i, row := range z {
			top, total := 0, 0.0
			for c, v := range row {
				if v > row[top] {
					top = c
				}
			}
			for _, v := range row {
				total += math.Exp(a * (v - row[top]))
			}
			p := (1-d)/total + d/float64(len(row))
			if top != want[i] {
				p = 1 - p
			}
			sum -= math.Log(max(p, 1e-6))
		}
		return sum
	}
	const golden = 0.6180339887498949
	least := math.Inf(1)
	for d := 0.0; d <= 0.3; d += 0.02 {
		low, high := math.Log(0.1), math.Log(20)
		for high-low > 1e-3 {
			x, y := high-golden*(high-low), low+golden*(high-low)
			if loss(math.Exp(x), d) < loss(math.Exp(y), d) {
				high = y
			} else {
				low = x
			}
		}
		x := math.Exp((low + high) / 2)
		if l := loss(x, d); l < least-1e-9 {
			a, doubt, least = x, d, l
		}
	}
	return a, doubt
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
