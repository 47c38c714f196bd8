package dev.unlearn.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.RunOptions;
import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.optimizer.Schedules;
import dev.unlearn.strategy.Strategies;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the pages of documentation show and name is there, and is as they show it. */
final class DocsSnippetsTest {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern CLASS =
      Pattern.compile("dev\\.unlearn(?:\\.[a-z]\\w*)*\\.[A-Z]\\w*");
  private static final Pattern COMMAND =
      Pattern.compile("dev\\.unlearn\\.(examples|benchmarks)\\.([A-Z]\\w*)([^`|\n]*)");
  private static final Pattern OPTION = Pattern.compile("--[a-z][a-z-]*");
  private static final Pattern PAPER = Pattern.compile("arXiv[\\s*]+(\\d{4}\\.\\d{5})");

  /** What {@code build} and {@code Schedules.constant} do needs no line. */
  private static final Set<String> UNNAMED = Set.of("build", "constant");

  private static final int DEEPEST_INDENTATION = 12;

  private static final List<Path> SOURCE_ROOTS =
      Stream.of(
              "unlearn-api",
              "unlearn-eval",
              "unlearn-core",
              "examples",
              "benchmarks",
              "host-application")
          .flatMap(module -> Stream.of(module + "/src/main/java", module + "/src/test/java"))
          .map(Pages.ROOT::resolve)
          .filter(Files::isDirectory)
          .toList();

  /** The code that pages may show. That of a new model family is beside its golden test. */
  private static final List<String> CODE =
      Stream.of(
              "examples/src",
              "host-application/src",
              "unlearn-core/src/test/java/dev/unlearn/model/hf")
          .map(Pages.ROOT::resolve)
          .filter(Files::isDirectory)
          .flatMap(folder -> Pages.files(folder, ".java").stream())
          .map(Pages::text)
          .toList();

  private static Stream<Path> pages() {
    return Pages.all().stream();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void javaBlocks_areLinesOfCompiledCode(Path page) {
    assertThat(Pages.blocks(Pages.text(page), "java")).allMatch(DocsSnippetsTest::isCode);
  }

  private static boolean isCode(String block) {
    return IntStream.rangeClosed(0, DEEPEST_INDENTATION)
        .mapToObj(spaces -> "\n" + block.replaceAll("(?m)^(?=.)", " ".repeat(spaces)) + "\n")
        .anyMatch(lines -> CODE.stream().anyMatch(code -> code.contains(lines)));
  }

  @Test
  void blocks_areFound() {
    assertThat(pages().map(Pages::text).flatMap(page -> Pages.blocks(page, "java").stream()))
        .hasSizeGreaterThan(40);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void links_leadSomewhere(Path page) {
    assertThat(LINK.matcher(Pages.withoutBlocks(Pages.text(page))).results())
        .extracting(link -> link.group(1))
        .filteredOn(link -> !link.startsWith("https://"))
        .allMatch(link -> leadsSomewhere(page, link));
  }

  private static boolean leadsSomewhere(Path page, String link) {
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
    return Files.exists(target)
        && (parts.length == 1 || Pages.anchors(Pages.text(target)).contains(parts[1]));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void classes_exist(Path page) {
    assertThat(CLASS.matcher(Pages.text(page)).results())
        .extracting(MatchResult::group)
        .allMatch(name -> SOURCE_ROOTS.stream().anyMatch(root -> Files.exists(source(root, name))));
  }

  private static Path source(Path root, String className) {
    return root.resolve(className.replace('.', '/') + ".java");
  }

  /** A program's options are in its own source or in that of its arguments. */
  @ParameterizedTest
  @MethodSource("pages")
  void options_areKnown(Path page) {
    COMMAND
        .matcher(Pages.text(page).replace("\\\n", ""))
        .results()
        .forEach(
            command ->
                assertThat(OPTION.matcher(command.group(3)).results())
                    .as(command.group(2))
                    .extracting(MatchResult::group)
                    .allMatch(option -> known(command.group(1), command.group(2), option)));
  }

  private static boolean known(String module, String program, String option) {
    Path folder = Pages.ROOT.resolve(module + "/src/main/java/dev/unlearn/" + module);
    String name = "\"" + option.substring(2) + "\"";
    return Stream.of(program, program + "Arguments")
        .map(file -> folder.resolve(file + ".java"))
        .filter(Files::exists)
        .map(Pages::text)
        .anyMatch(source -> source.contains(name) || source.contains("\"" + option + "\""));
  }

  @Test
  void quickstart_namesAllOptionsOfForget() {
    String source =
        Pages.text(
            Pages.ROOT.resolve("examples/src/main/java/dev/unlearn/examples/ForgetArguments.java"));

    assertThat(OPTION.matcher(source).results().map(MatchResult::group).distinct())
        .hasSizeGreaterThan(5)
        .allSatisfy(
            option ->
                assertThat(Pages.text(Pages.ROOT.resolve("docs/quickstart.md")))
                    .contains("`" + option + " "));
  }

  @Test
  void recipes_nameAllSettings() {
    String page = Pages.text(Pages.ROOT.resolve("docs/recipes.md"));

    assertThat(
            Stream.of(
                    UnlearnerBuilder.class,
                    RunOptions.Builder.class,
                    LoadOptions.Builder.class,
                    SaveOptions.Builder.class,
                    Strategies.class,
                    Optimizers.class,
                    Schedules.class)
                .flatMap(type -> Stream.of(type.getDeclaredMethods()))
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .map(Method::getName)
                .filter(name -> !UNNAMED.contains(name))
                .distinct())
        .hasSizeGreaterThan(35)
        .allMatch(name -> page.contains("`" + name) || page.contains("." + name + "("));
  }

  @Test
  void papers_areAllInTheTable() {
    String table = Pages.text(Pages.ROOT.resolve("docs/papers.md"));

    assertThat(
            SOURCE_ROOTS.stream()
                .filter(root -> root.endsWith(Path.of("main", "java")))
                .flatMap(root -> Pages.files(root, ".java").stream())
                .flatMap(file -> PAPER.matcher(Pages.text(file)).results()))
        .extracting(paper -> paper.group(1))
        .hasSizeGreaterThan(60)
        .allMatch(table::contains);
  }

  @Test
  void readme_namesAllPages() {
    String readme = Pages.text(Pages.ROOT.resolve("README.md"));
    String list = readme.substring(readme.lastIndexOf("\n## "));

    assertThat(Pages.files(Pages.ROOT.resolve("docs"), ".md"))
        .extracting(page -> "](docs/" + page.getFileName() + ")")
        .allMatch(list::contains);
  }
}
