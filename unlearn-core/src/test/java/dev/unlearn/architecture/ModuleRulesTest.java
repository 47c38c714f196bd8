package dev.unlearn.architecture;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the plan of the house: what may use what, read from the class files by the JDK's jdeps. */
class ModuleRulesTest {

  private static final Pattern EDGE = Pattern.compile("^\\s+(\\S+)\\s+->\\s+(\\S+)\\s+\\S.*$");

  private static List<Edge> api;
  private static List<Edge> eval;
  private static List<Edge> core;

  @BeforeAll
  static void readClassFiles() throws Exception {
    api = edgesOf("dev.unlearn.api");
    eval = edgesOf("dev.unlearn.eval");
    core = edgesOf("dev.unlearn");
  }

  @Test
  void modulesFormOneChain() {
    assertThat(moduleEdges(eval, api)).as("eval uses api").isNotEmpty();
    assertThat(moduleEdges(core, api)).as("core uses api").isNotEmpty();
    assertThat(moduleEdges(core, eval)).as("core uses eval").isNotEmpty();

    assertThat(moduleEdges(api, eval)).as("api uses eval").isEmpty();
    assertThat(moduleEdges(api, core)).as("api uses core").isEmpty();
    assertThat(moduleEdges(eval, core)).as("eval uses core").isEmpty();
  }

  @Test
  void noPackageIsSharedByTwoModules() {
    assertThat(packagesOf(api)).contains("dev.unlearn.api", "dev.unlearn.spi");
    assertThat(packagesOf(eval)).contains("dev.unlearn.eval");
    assertThat(packagesOf(core)).contains("dev.unlearn");

    assertThat(packagesOf(api)).doesNotContainAnyElementsOf(packagesOf(eval));
    assertThat(packagesOf(api)).doesNotContainAnyElementsOf(packagesOf(core));
    assertThat(packagesOf(eval)).doesNotContainAnyElementsOf(packagesOf(core));
  }

  @Test
  void packagesOfOneModuleHaveNoCycle() {
    assertThat(packageGraph(api)).as("packages of api").containsKey("dev.unlearn.spi");
    assertThat(packageGraph(core)).as("packages of core").isNotEmpty();

    assertThat(cyclesIn(api)).as("cycles in api").isEmpty();
    assertThat(cyclesIn(eval)).as("cycles in eval").isEmpty();
    assertThat(cyclesIn(core)).as("cycles in core").isEmpty();
  }

  @Test
  void onlyTheTrainingSeamsOfApiUseDjl() {
    Predicate<Edge> toDjl = edge -> edge.reaches("ai.djl");

    assertThat(sourcePackages(api, toDjl)).containsExactly("dev.unlearn.spi.train");
    assertThat(eval).filteredOn(toDjl).as("eval uses DJL").isEmpty();
  }

  @Test
  void onlyTheOneDoorUsesThePyTorchEngine() {
    Predicate<Edge> toPyTorch = edge -> edge.reaches("ai.djl.pytorch");

    assertThat(sourcePackages(core, toPyTorch)).containsExactly("dev.unlearn.internal");
    assertThat(api).filteredOn(toPyTorch).isEmpty();
    assertThat(eval).filteredOn(toPyTorch).isEmpty();
  }

  @Test
  void onlyCoreUsesInternal() {
    Predicate<Edge> toInternal =
        edge -> !edge.comesFrom("dev.unlearn.internal") && edge.reaches("dev.unlearn.internal");

    assertThat(core).filteredOn(toInternal).as("core uses internal").isNotEmpty();
    assertThat(api).filteredOn(toInternal).isEmpty();
    assertThat(eval).filteredOn(toInternal).isEmpty();
  }

  /** One class uses another. */
  private record Edge(String from, String to) {

    String fromPackage() {
      return packageOf(from);
    }

    String toPackage() {
      return packageOf(to);
    }

    boolean comesFrom(String packageName) {
      return isIn(from, packageName);
    }

    boolean reaches(String packageName) {
      return isIn(to, packageName);
    }

    private static String packageOf(String className) {
      return className.substring(0, Math.max(0, className.lastIndexOf('.')));
    }

    private static boolean isIn(String className, String packageName) {
      return className.startsWith(packageName + ".");
    }

    @Override
    public String toString() {
      return from + " -> " + to;
    }
  }

  /** Everything the module uses that holds this package, be it a folder of classes or a jar. */
  private static List<Edge> edgesOf(String packageName) throws Exception {
    ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit =
        jdeps.run(
            new PrintWriter(out),
            new PrintWriter(err),
            "--multi-release",
            "base",
            "-verbose:class",
            "-filter:none",
            locationOf(packageName).toString());
    assertThat(exit).as("jdeps on %s: %s%s", packageName, out, err).isZero();

    List<Edge> edges =
        out.toString()
            .lines()
            .map(EDGE::matcher)
            .filter(Matcher::matches)
            .map(line -> new Edge(line.group(1), line.group(2)))
            .toList();
    assertThat(edges)
        .as("what jdeps says of %s", packageName)
        .anyMatch(edge -> edge.reaches("java.lang"));
    return edges;
  }

  /** Every package has a package-info with annotations, so it is there as a class. */
  private static Path locationOf(String packageName)
      throws ClassNotFoundException, URISyntaxException {
    Class<?> packageInfo = Class.forName(packageName + ".package-info");
    return Path.of(packageInfo.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static List<Edge> moduleEdges(List<Edge> from, List<Edge> to) {
    Set<String> packages = packagesOf(to);
    return from.stream().filter(edge -> packages.contains(edge.toPackage())).toList();
  }

  private static Set<String> packagesOf(List<Edge> module) {
    return sourcePackages(module, edge -> true);
  }

  private static Set<String> sourcePackages(List<Edge> module, Predicate<Edge> which) {
    return module.stream().filter(which).map(Edge::fromPackage).collect(toCollection(TreeSet::new));
  }

  /** Package to the other packages of the same module it uses. */
  private static Map<String, Set<String>> packageGraph(List<Edge> module) {
    Set<String> own = packagesOf(module);
    return module.stream()
        .filter(edge -> own.contains(edge.toPackage()))
        .filter(edge -> !edge.fromPackage().equals(edge.toPackage()))
        .collect(
            groupingBy(
                Edge::fromPackage,
                TreeMap::new,
                mapping(Edge::toPackage, toCollection(TreeSet::new))));
  }

  /** The class edges between packages that reach each other. */
  private static List<Edge> cyclesIn(List<Edge> module) {
    Map<String, Set<String>> graph = packageGraph(module);
    return module.stream()
        .filter(edge -> graph.getOrDefault(edge.fromPackage(), Set.of()).contains(edge.toPackage()))
        .filter(edge -> reachableFrom(edge.toPackage(), graph).contains(edge.fromPackage()))
        .toList();
  }

  private static Set<String> reachableFrom(String start, Map<String, Set<String>> graph) {
    Set<String> seen = new TreeSet<>();
    Deque<String> open = new ArrayDeque<>();
    open.push(start);
    while (!open.isEmpty()) {
      for (String next : graph.getOrDefault(open.pop(), Set.of())) {
        if (seen.add(next)) {
          open.push(next);
        }
      }
    }
    return seen;
  }
}
