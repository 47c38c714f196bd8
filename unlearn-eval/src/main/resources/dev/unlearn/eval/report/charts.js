(function () {
  "use strict";
  var root = document.documentElement;
  var charts = JSON.parse(document.getElementById("chart-data").textContent);
  // Up to so many sequences each has a line with its name; more stand in bands, by index.
  var MOST_NAMED = 40;
  var FONT = 12;

  function theme() {
    var style = getComputedStyle(root);
    var colors = {};
    ["paper", "raised", "line", "grid", "ink", "faint", "now", "before", "before-fill", "reference", "shade"]
      .forEach(function (name) {
        colors[name] = style.getPropertyValue("--" + name).trim();
      });
    colors.font = getComputedStyle(document.body).fontFamily;
    return colors;
  }

  // As the page's own numbers: three significant digits.
  function number(value) {
    if (value === null || value === undefined) return "undefined";
    if (value === 0) return "0";
    var size = Math.abs(value);
    if (size >= 1e7 || size < 1e-6) return value.toExponential(2);
    var decimals = Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(size))));
    return value.toFixed(decimals).replace("-", "\u2212");
  }

  // Labels of axes: as short as can be.
  function tick(value) {
    return String(Number(value.toPrecision(6))).replace("-", "\u2212");
  }

  function base(colors) {
    return {
      animation: false,
      backgroundColor: "transparent",
      textStyle: { color: colors.ink, fontFamily: colors.font, fontSize: FONT },
      tooltip: {
        renderMode: "richText", confine: true, backgroundColor: colors.raised, borderColor: colors.line,
        borderWidth: 1, padding: 8, textStyle: { color: colors.ink, fontSize: FONT, fontFamily: colors.font }
      }
    };
  }

  function valueAxis(colors, more) {
    return Object.assign({
      type: "value",
      axisLabel: { color: colors.faint, fontSize: FONT, formatter: tick, hideOverlap: true },
      axisLine: { show: true, onZero: false, lineStyle: { color: colors.line } },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: colors.grid } },
      splitNumber: 4
    }, more);
  }

  // A range that shows all values, and 0 where that costs little.
  function range(values) {
    var known = values.filter(function (value) { return value !== null && value !== undefined; });
    if (known.length === 0) return { low: 0, high: 1 };
    var low = Math.min.apply(null, known);
    var high = Math.max.apply(null, known);
    if (low >= 0 && low <= high * 0.6) low = 0;
    return { low: low, high: high > low ? high : low + (Math.abs(low) || 1) };
  }

  // Whole numbers between ticks: 1, 2 or 5 times a power of ten.
  function step(last, mostTicks) {
    var size = 1;
    for (;;) {
      for (var i = 0; i < 3; i++) {
        var each = [1, 2, 5][i] * size;
        if (last / each <= mostTicks) return each;
      }
      size *= 10;
    }
  }

  // A sign in the place of bars that cannot be: no bar would read as 0.
  function undefinedOf(values, from, word, at) {
    var data = [];
    values.forEach(function (value, i) { if (value === null) data.push(at(i)); });
    return {
      type: "scatter", data: data, symbolSize: 1, silent: true, tooltip: { show: false },
      itemStyle: { color: "transparent" }, label: { show: true, position: from, distance: 1, formatter: word, fontSize: 15 }
    };
  }

  function referenceLine(colors, axis, value) {
    var line = {};
    line[axis] = value;
    return {
      silent: true, symbol: "none", label: { show: false },
      lineStyle: { color: colors.reference, type: "dashed", width: 1.75 }, data: [line]
    };
  }

  function epochs(chart, width, colors) {
    var points = [];
    var starts = [];
    chart.points.forEach(function (point) {
      if (point[2] !== starts.length) {
        if (points.length > 0) points.push([point[0], null]); // lots are not joined
        starts.push(point[0]);
      }
      points.push(point);
    });
    var values = chart.points.map(function (point) { return point[1]; });
    var extent = range(values.concat(chart.reference === undefined ? [] : [chart.reference]));
    var last = chart.points[chart.points.length - 1][0];
    var every = Math.ceil(starts.length / Math.max(1, Math.floor(width / 48)));
    var lots = starts.length < 2 ? [] : starts.map(function (start, i) {
      return {
        xAxis: start,
        label: { show: i % every === 0, formatter: (i === 0 ? "lot " : "") + (i + 1), position: "end", align: i === 0 ? "left" : "center", color: colors.faint, fontSize: 11 }
      };
    });
    var series = [{
      type: "line", data: points, connectNulls: false, symbol: "circle",
      symbolSize: chart.points.length > 60 ? 3 : 6, showAllSymbol: true,
      itemStyle: { color: colors.now }, lineStyle: { color: colors.now, width: 2 }, emphasis: { scale: 1.5 },
      markLine: {
        silent: true, symbol: "none", data: lots,
        lineStyle: { color: colors.line, type: "solid", width: 1 }
      }
    }];
    if (chart.reference !== undefined && chart.reference !== null) {
      series.push({ type: "line", data: [], markLine: referenceLine(colors, "yAxis", chart.reference) });
    }
    var option = base(colors);
    option.grid = { left: 4, right: 14, top: lots.length ? 26 : 14, bottom: 24, containLabel: true };
    option.xAxis = valueAxis(colors, {
      min: 0, max: Math.max(1, last), interval: step(last, Math.max(2, Math.floor(width / 70))), splitLine: { show: false },
      name: "epoch", axisLabel: { color: colors.faint, fontSize: FONT, showMaxLabel: last % step(last, Math.max(2, Math.floor(width / 70))) === 0 }, nameLocation: "middle", nameGap: 26, nameTextStyle: { color: colors.faint }
    });
    option.yAxis = valueAxis(colors, { scale: extent.low !== 0, min: extent.low === 0 ? 0 : null, max: null });
    option.tooltip.trigger = "item";
    option.tooltip.formatter = function (item) {
      return "epoch " + item.value[0] + (lots.length ? ", lot " + item.value[2] : "") + "\n" + number(item.value[1]);
    };
    option.series = series;
    return { height: 230, option: option };
  }

  function bars(chart, colors) {
    var series = [];
    if (chart.before.length) {
      series.push({ kind: "before", values: chart.before, width: "82%",
        style: { color: colors["before-fill"], borderColor: colors.before, borderWidth: 1 } });
    }
    series.push({ kind: "after", values: chart.after, width: "44%", style: { color: colors.now } });
    return series;
  }

  function sequenceTip(chart, index) {
    return chart.labels[index] + (chart.domains[index] ? "\n" + chart.domains[index] : "") +
      (chart.before.length ? "\nbefore " + number(chart.before[index]) : "") +
      "\nafter " + number(chart.after[index]);
  }

  // Rich text would read braces as styles.
  function plain(text) {
    return text.replace(/[{}]/g, function (brace) { return brace === "{" ? "(" : ")"; });
  }

  function named(chart, width, colors) {
    var count = chart.labels.length;
    var all = chart.before.concat(chart.after);
    if (chart.reference !== undefined) all = all.concat([chart.reference]);
    var extent = range(all);
    var wide = width >= 560 && chart.domains.some(function (domain) { return domain !== ""; });
    function names(values, more, labelWidth) {
      return Object.assign({
        type: "category", data: values.map(plain), inverse: true,
        axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: false },
        axisLabel: { color: colors.ink, fontSize: FONT, interval: 0, width: labelWidth, overflow: "truncate", ellipsis: "\u2026" }
      }, more);
    }
    var option = base(colors);
    option.grid = { left: 12, right: 14, top: 6, bottom: 4, containLabel: true };
    option.xAxis = valueAxis(colors, { min: Math.min(0, extent.low), max: null });
    var domains = names(wide ? chart.domains : chart.labels, { show: wide, position: "right" }, 130);
    domains.axisLabel.color = colors.faint;
    domains.axisLabel.show = wide;
    option.yAxis = [names(chart.labels, {}, Math.round(Math.min(240, width * 0.34))), domains];
    option.tooltip.trigger = "axis";
    option.tooltip.axisPointer = { type: "shadow", shadowStyle: { color: colors.line, opacity: 0.35 } };
    option.tooltip.formatter = function (items) { return plain(sequenceTip(chart, items[0].dataIndex)); };
    option.series = bars(chart, colors).map(function (bar, i, both) {
      return {
        type: "bar", data: bar.values, barWidth: bar.width, itemStyle: bar.style, barMinHeight: 1,
        yAxisIndex: i, markLine: i === both.length - 1 && typeof chart.reference === "number"
          ? referenceLine(colors, "xAxis", chart.reference) : undefined
      };
    });
    var missing = undefinedOf(chart.after, "right", "\u00d7", function (i) { return [Math.min(0, extent.low), i]; });
    missing.label.color = colors.ink;
    option.series.push(missing);
    var row = root.classList.contains("printing") ? 19 : 22; // so that all fit on a page
    return { height: row * count + 36, option: option };
  }

  function bands(chart, width, colors) {
    var count = chart.labels.length;
    var perBand = Math.max(20, Math.floor((width - 50) / 9));
    var bandCount = Math.ceil(count / perBand);
    perBand = Math.ceil(count / bandCount / 10) * 10;
    bandCount = Math.ceil(count / perBand);
    var height = 128;
    var all = chart.before.concat(chart.after);
    if (typeof chart.reference === "number") all = all.concat([chart.reference]);
    var extent = range(all);
    var option = base(colors);
    option.grid = [];
    option.xAxis = [];
    option.yAxis = [];
    option.series = [];
    option.tooltip.trigger = "axis";
    option.tooltip.axisPointer = { type: "shadow", shadowStyle: { color: colors.line, opacity: 0.35 } };
    option.tooltip.formatter = function (items) { return plain(sequenceTip(chart, Number(items[0].name))); };
    for (var band = 0; band < bandCount; band++) {
      var first = band * perBand;
      var indices = [];
      for (var i = first; i < first + perBand; i++) indices.push(String(i));
      option.grid.push({ left: 44, right: 8, top: band * height + 18, height: height - 44 });
      option.yAxis.push(valueAxis(colors, { gridIndex: band, min: Math.min(0, extent.low), max: extent.high, splitNumber: 2,
        axisLabel: { color: colors.faint, fontSize: 11, formatter: tick, showMaxLabel: false } }));
      bars(chart, colors).forEach(function (bar, place, both) {
        option.xAxis.push({
          type: "category", data: indices, gridIndex: band, show: place === 0, position: "bottom",
          axisTick: { show: false }, axisLine: { lineStyle: { color: colors.line } },
          axisLabel: { color: colors.faint, fontSize: 11,
            interval: function (index) { return index % 10 === 0; },
            formatter: function (value) { return Number(value) < count ? "#" + value : ""; } }
        });
        var last = place === both.length - 1;
        option.series.push({
          type: "bar", xAxisIndex: option.xAxis.length - 1, yAxisIndex: band, barWidth: bar.width,
          data: bar.values.slice(first, first + perBand), itemStyle: bar.style, barMinHeight: 1,
          markLine: last && typeof chart.reference === "number" ? referenceLine(colors, "yAxis", chart.reference) : undefined,
          markArea: place === 0 ? domainAreas(chart, first, Math.min(count, first + perBand), (width - 52) / perBand, colors) : undefined
        });
      });
      var missing = undefinedOf(chart.after.slice(first, first + perBand), "top", "\u00d7", function (i) { return [i, Math.min(0, extent.low)]; });
      missing.label.color = colors.ink;
      missing.xAxisIndex = option.xAxis.length - 1;
      missing.yAxisIndex = band;
      option.series.push(missing);
    }
    return { height: bandCount * height, option: option };
  }

  // Stretches of one domain, where there are few enough to be read.
  function domainAreas(chart, first, end, step, colors) {
    var areas = [];
    for (var i = first; i < end; i++) {
      var domain = chart.domains[i];
      var area = areas[areas.length - 1];
      if (area && area.domain === domain) area.last = i;
      else areas.push({ domain: domain, first: i, last: i });
    }
    if (!chart.domains.some(function (domain) { return domain; }) || areas.length > 12) return undefined;
    return {
      silent: true,
      data: areas.map(function (area, i) {
        var room = (area.last - area.first + 1) * step;
        return [{
          name: plain(area.domain), xAxis: area.first - first,
          itemStyle: { color: i % 2 ? "transparent" : colors.shade },
          label: { show: room > 40, position: "top", distance: 3, color: colors.faint, fontSize: 11, width: room - 4, overflow: "truncate", ellipsis: "\u2026" }
        }, { xAxis: area.last - first }];
      })
    };
  }

  function sequences(chart, width, colors) {
    return chart.labels.length > MOST_NAMED ? bands(chart, width, colors) : named(chart, width, colors);
  }

  function attack(chart, width, colors) {
    var looks = [
      { name: "forget set, before", part: chart.before, color: colors.before, type: "dotted", symbol: "triangle", shift: 0.06 },
      { name: "unseen text", part: chart.unseen, color: colors.reference, type: "dashed", symbol: "rect", shift: -0.06 },
      { name: "forget set, now", part: chart.forgotten, color: colors.now, type: "solid", symbol: "circle", shift: 0 }
    ];
    var values = [0];
    var series = [];
    looks.forEach(function (look) {
      var points = [];
      var intervals = [];
      look.part.forEach(function (estimate, i) {
        points.push([i + look.shift, estimate ? estimate.value : null, i]);
        if (estimate) values.push(estimate.value, estimate.low, estimate.high);
        if (estimate && typeof estimate.low === "number") {
          intervals.push([i + look.shift, estimate.low], [i + look.shift, estimate.high], [i + look.shift, null]);
        }
      });
      series.push({ type: "line", data: intervals, symbol: "none", silent: true, connectNulls: false, tooltip: { show: false },
        lineStyle: { color: look.color, width: 1.25, opacity: 0.85 } });
      series.push({ type: "line", name: look.name, data: points, symbol: look.symbol, symbolSize: 8, showAllSymbol: true, connectNulls: false,
        itemStyle: { color: look.color }, lineStyle: { color: look.color, width: 2, type: look.type } });
    });
    var extent = range(values);
    var count = chart.labels.length;
    var each = (width - 60) / count;
    var every = Math.ceil(56 / each);
    var option = base(colors);
    option.grid = { left: 4, right: 14, top: 12, bottom: 12, containLabel: true };
    option.xAxis = valueAxis(colors, {
      min: -0.5, max: count - 0.5, interval: 0.5, splitLine: { show: false },
      axisLabel: { color: colors.ink, fontSize: FONT, width: Math.max(50, each * every - 8), overflow: "break", interval: 0,
        formatter: function (value) {
          return value % 1 === 0 && value >= 0 && value < count && value % every === 0 ? plain(chart.labels[value]) : "";
        } }
    });
    option.yAxis = valueAxis(colors, { min: Math.min(0, extent.low), max: null });
    option.tooltip.trigger = "item";
    option.tooltip.formatter = function (item) {
      return plain(item.seriesName + "\n" + chart.labels[item.value[2]]) + "\n" + number(item.value[1]);
    };
    option.series = series;
    return { height: 260, option: option };
  }

  var kinds = { epochs: epochs, sequences: sequences, attack: attack };

  function draw() {
    var colors = theme();
    charts.forEach(function (chart) {
      var box = document.getElementById(chart.id);
      var width = box.clientWidth;
      if (!width) return;
      var view = kinds[chart.kind](chart, width, colors);
      box.style.height = view.height + "px";
      var instance = echarts.getInstanceByDom(box);
      if (instance) instance.dispose();
      echarts.init(box, null, { renderer: "svg", width: width, height: view.height }).setOption(view.option);
    });
  }

  root.classList.add("js");
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  var drawnAt = innerWidth;
  var waiting;
  addEventListener("resize", function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      if (innerWidth !== drawnAt && !root.classList.contains("printing")) {
        drawnAt = innerWidth;
        draw();
      }
    }, 150);
  });

  // On paper all is light and as wide as the page, and tables that were closed are open.
  addEventListener("beforeprint", function () {
    root.classList.add("printing");
    document.querySelectorAll("details:not([open])").forEach(function (details) {
      details.open = true;
      details.dataset.opened = "";
    });
    draw();
  });
  addEventListener("afterprint", function () {
    root.classList.remove("printing");
    document.querySelectorAll("details[data-opened]").forEach(function (details) {
      details.open = false;
      delete details.dataset.opened;
    });
    draw();
  });
})();
