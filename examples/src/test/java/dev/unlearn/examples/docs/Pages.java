package dev.unlearn.examples.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The pages of documentation, as text. */
final class Pages {
  /** The root of the project; tests run in the folder of their module. */
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final Pattern FENCED = Pattern.compile("(?ms)^```(\\w*)\n(.*?)^```$");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

  private Pages() {}

  /** Returns README.md, CONTRIBUTING.md and what is in docs. */
  static List<Path> all() {
    return Stream.concat(
            Stream.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")),
            files(ROOT.resolve("docs"), ".md").stream())
        .toList();
  }

  /** Returns the files below a folder whose names end so, sorted. */
  static List<Path> files(Path folder, String ending) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String text(Path file) {
    try {
      return Files.readString(file).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the blocks of a language, without common indentation. */
  static List<String> blocks(String page, String language) {
    return FENCED
        .matcher(page)
        .results()
        .filter(block -> block.group(1).equals(language))
        .map(block -> block.group(2).stripIndent().stripTrailing())
        .toList();
  }

  static String withoutBlocks(String page) {
    return FENCED.matcher(page).replaceAll("");
  }

  /** Returns the anchors that GitHub gives to a page's headings. */
  static Set<String> anchors(String page) {
    return HEADING
        .matcher(withoutBlocks(page))
        .results()
        .map(Pages::anchor)
        .collect(Collectors.toSet());
  }

  private static String anchor(MatchResult heading) {
    return heading
        .group(1)
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N} _-]", "")
        .replace(' ', '-');
  }
}
