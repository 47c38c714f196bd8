package dev.unlearn.examples;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A command line of options {@code --name VALUE}. */
final class Arguments {
  private final String usage;
  private final Map<String, String> values = new HashMap<>();

  private Arguments(String usage) {
    this.usage = usage;
  }

  /**
   * Reads a command line.
   *
   * @param names of the options there are
   * @param required those that must be given
   * @throws IllegalArgumentException if an option has another name, no value or several, or one is
   *     missing
   */
  static Arguments parse(String usage, List<String> names, List<String> required, String... args) {
    Arguments arguments = new Arguments(usage);
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      if (name.equals("help")) {
        throw new IllegalArgumentException(usage);
      }
      if (!names.contains(name) || i + 1 == args.length) {
        throw new IllegalArgumentException("cannot read '" + args[i] + "'\n" + usage);
      }
      if (arguments.values.put(name, args[i + 1]) != null) {
        throw new IllegalArgumentException(args[i] + " must be given once, but is there again");
      }
    }
    for (String name : required) {
      var unused = arguments.text(name);
    }
    return arguments;
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  String text(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("--" + name + " is missing\n" + usage);
    }
    return value;
  }

  Path path(String name) {
    return Path.of(text(name));
  }

  double number(String name) {
    try {
      return Double.parseDouble(text(name));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--%s must be a number, but was: %s".formatted(name, text(name)), e);
    }
  }

  double number(String name, double otherwise) {
    return has(name) ? number(name) : otherwise;
  }

  int integer(String name, int otherwise) {
    if (!has(name)) {
      return otherwise;
    }
    try {
      return Integer.parseInt(text(name));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--%s must be a whole number, but was: %s".formatted(name, text(name)), e);
    }
  }
}
