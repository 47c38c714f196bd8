package dev.unlearn.model.hf;

import static com.google.common.base.Verify.verifyNotNull;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Maps the decoder's parameter names to a checkpoint's.
 *
 * @param root prefix of everything but the head, which some files leave out
 * @param layers prefix of the numbered layers, below the root
 * @param stems checkpoint's name of each part, without {@code .weight} and {@code .bias}
 */
record TensorNames(String root, String layers, Map<String, String> stems) {
  /** The head's tensor; where it is tied, some files hold a copy of the embedding under it. */
  static final String HEAD = "lm_head.weight";

  private static final Pattern LAYER = Pattern.compile("layers\\.(\\d+)\\.(.*)\\.(weight|bias)");

  /** Returns a checkpoint's name, the root left out if {@code rootless}. */
  String of(String parameter, boolean rootless) {
    if (parameter.equals("head.weight")) {
      return HEAD;
    }
    String prefix = rootless ? "" : root;
    Matcher layer = LAYER.matcher(parameter);
    if (layer.matches()) {
      String stem = verifyNotNull(stems.get(layer.group(2)), "no name for %s", parameter);
      return prefix + layers + layer.group(1) + "." + stem + "." + layer.group(3);
    }
    int dot = parameter.lastIndexOf('.');
    String stem =
        verifyNotNull(stems.get(parameter.substring(0, dot)), "no name for %s", parameter);
    return prefix + stem + parameter.substring(dot);
  }
}
