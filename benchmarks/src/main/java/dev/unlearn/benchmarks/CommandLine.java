package dev.unlearn.benchmarks;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Splitter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** A command line: paths, and options {@code --name VALUE} anywhere between them. */
final class CommandLine {
  private final List<Path> paths = new ArrayList<>();
  private final Map<String, String> options = new HashMap<>();

  private CommandLine() {}

  /**
   * Reads a command line.
   *
   * @param names of the options there are
   * @throws IllegalArgumentException if there are more or fewer paths, or an option has another
   *     name or no value
   */
  static CommandLine parse(String usage, int pathCount, List<String> names, String... args) {
    CommandLine line = new CommandLine();
    for (int i = 0; i < args.length; i++) {
      if (!args[i].startsWith("--")) {
        line.paths.add(Path.of(args[i]));
        continue;
      }
      String name = args[i].substring(2);
      checkArgument(
          names.contains(name) && i + 1 < args.length, "cannot read '%s'\n%s", args[i], usage);
      line.options.put(name, args[++i]);
    }
    checkArgument(
        line.paths.size() == pathCount,
        "there must be %s paths, but were: %s\n%s",
        pathCount,
        line.paths.size(),
        usage);
    return line;
  }

  Path path(int index) {
    return paths.get(index);
  }

  boolean has(String name) {
    return options.containsKey(name);
  }

  String text(String name, String otherwise) {
    return options.getOrDefault(name, otherwise);
  }

  int integer(String name, int otherwise) {
    return has(name) ? Integer.parseInt(options.get(name)) : otherwise;
  }

  long bytes(String name) {
    return Long.parseLong(options.get(name));
  }

  double number(String name, double otherwise) {
    return has(name) ? Double.parseDouble(options.get(name)) : otherwise;
  }

  /** Returns integers between commas. */
  int[] integers(String name, String otherwise) {
    return StreamSupport.stream(Splitter.on(',').split(text(name, otherwise)).spliterator(), false)
        .mapToInt(Integer::parseInt)
        .toArray();
  }
}
