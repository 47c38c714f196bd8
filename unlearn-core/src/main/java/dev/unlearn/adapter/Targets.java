package dev.unlearn.adapter;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import dev.unlearn.model.decoder.Linear;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Which modules are adapted, as PEFT's {@code target_modules} says it: a regular expression for
 * whole paths, or names, each a whole path or its end after a dot.
 *
 * @param pattern null where there are names
 */
record Targets(@Nullable Pattern pattern, List<String> names) {

  static Targets of(String pattern) {
    return new Targets(compile("targets", pattern), List.of());
  }

  static Targets of(List<String> names) {
    List<String> copy = List.copyOf(requireNonNull(names, "targets"));
    checkArgument(!copy.isEmpty(), "targets must name a module, but were empty");
    return new Targets(null, copy);
  }

  static Pattern compile(String what, String pattern) {
    try {
      return Pattern.compile(requireNonNull(pattern, what));
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "%s must be a regular expression, but was: %s (%s)"
              .formatted(what, pattern, e.getDescription()),
          e);
    }
  }

  private boolean include(String path) {
    return pattern == null
        ? names.stream().anyMatch(name -> isAt(name, path))
        : pattern.matcher(path).matches();
  }

  private static boolean isAt(String name, String path) {
    return path.equals(name) || path.endsWith("." + name);
  }

  /**
   * Returns the layers that are adapted, of all that there are.
   *
   * @throws IllegalArgumentException if there is none
   */
  Map<String, Linear> choose(Map<String, Linear> linears) {
    Map<String, Linear> chosen = new LinkedHashMap<>(linears);
    chosen.keySet().removeIf(path -> !include(path));
    checkArgument(
        !chosen.isEmpty(),
        "targets must match a linear layer, but were: %s; the model has: %s",
        pattern == null ? names : pattern,
        linears.keySet().stream().map(Targets::kind).distinct().collect(joining(", ")));
    return chosen;
  }

  /** Returns a path with its number left open, to list those of one kind once. */
  private static String kind(String path) {
    return path.replaceFirst("\\.\\d+\\.", ".*.");
  }

  /**
   * Returns names that say the same in Python, where a pattern may also match what is no linear
   * layer, which is an error there.
   *
   * @param paths the layers that were chosen
   */
  List<String> namesOf(Collection<String> paths) {
    if (pattern != null) {
      return List.copyOf(paths);
    }
    return names.stream()
        .filter(name -> paths.stream().anyMatch(path -> isAt(name, path)))
        .toList();
  }
}
