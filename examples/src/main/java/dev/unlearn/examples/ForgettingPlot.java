package dev.unlearn.examples;

import com.google.common.xml.XmlEscapers;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.MetricResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * An SVG of memorization accuracy: to the right that on the targets, upwards that on what was held
 * out, a line per run and a point per epoch. The best end is the upper left corner.
 */
final class ForgettingPlot {
  private static final int SIZE = 480;
  private static final int MARGIN = 56;
  private static final int LEGEND = 300;
  private static final List<String> COLOURS =
      List.of(
          "#1b6ca8", "#d1495b", "#2e8540", "#8d5a97", "#c77700", "#3d405b", "#009b9e", "#7a6c5d",
          "#111111");

  private record Point(double targets, double heldOut) {}

  private final Map<String, List<Point>> lines = new LinkedHashMap<>();

  /** Adds a run whose epochs have the accuracy on other data. */
  void add(String name, ForgetReport report) {
    List<Point> points = new ArrayList<>();
    for (EpochReport epoch : report.epochs()) {
      MetricResult targets = epoch.metrics().get("ma");
      MetricResult heldOut = epoch.otherMetrics().get("ma");
      if (targets != null && heldOut != null) {
        points.add(new Point(targets.value(), heldOut.value()));
      }
    }
    lines.put(name, points);
  }

  void write(Path file) throws IOException {
    Files.writeString(file, svg());
  }

  private String svg() {
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">
        <rect width="100%%" height="100%%" fill="white"/>
        """
            .formatted(SIZE + LEGEND, SIZE));
    for (int tenth = 0; tenth <= 10; tenth += 2) {
      double value = tenth / 10.0;
      svg.append(
          String.format(
              Locale.ROOT,
              """
          <path d="M%1$.1f %2$d V%3$d M%2$d %4$.1f H%3$d" stroke="#ddd"/>
          <text x="%1$.1f" y="%5$d" text-anchor="middle">%6$.1f</text>
          <text x="%7$d" y="%4$.1f" text-anchor="end" dy="4">%6$.1f</text>
          """,
              x(value),
              MARGIN,
              SIZE - MARGIN,
              y(value),
              SIZE - MARGIN + 18,
              value,
              MARGIN - 8));
    }
    svg.append(
        """
        <text x="%1$d" y="%2$d" text-anchor="middle">MA on the targets</text>
        <text x="16" y="%1$d" text-anchor="middle" transform="rotate(-90 16 %1$d)">MA on what was held out</text>
        """
            .formatted(SIZE / 2, SIZE - 12));
    int number = 0;
    for (Map.Entry<String, List<Point>> line : lines.entrySet()) {
      append(svg, line.getKey(), line.getValue(), number++);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void append(StringBuilder svg, String name, List<Point> points, int number) {
    String colour = COLOURS.get(number % COLOURS.size());
    int legendY = MARGIN + 22 * number;
    svg.append("<polyline fill=\"none\" stroke=\"%s\" points=\"".formatted(colour))
        .append(points.stream().map(ForgettingPlot::position).collect(Collectors.joining(" ")))
        .append("\"/>\n");
    for (Point point : points) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
              x(point.targets()),
              y(point.heldOut()),
              colour));
    }
    svg.append(
        """
        <circle cx="%d" cy="%d" r="5" fill="%s"/><text x="%d" y="%d" dy="4">%s</text>
        """
            .formatted(SIZE, legendY, colour, SIZE + 12, legendY, escaped(name)));
  }

  private static String escaped(String text) {
    return XmlEscapers.xmlContentEscaper().escape(text);
  }

  private static String position(Point point) {
    return String.format(Locale.ROOT, "%.1f,%.1f", x(point.targets()), y(point.heldOut()));
  }

  private static double x(double value) {
    return MARGIN + value * (SIZE - 2 * MARGIN);
  }

  private static double y(double value) {
    return SIZE - x(value);
  }
}
