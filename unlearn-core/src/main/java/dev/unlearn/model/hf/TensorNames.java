package dev.unlearn.model.hf;

import static com.google.common.base.Verify.verify;
import static com.google.common.base.Verify.verifyNotNull;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Maps the decoder's parameter names to a checkpoint's.
 *
 * <p>The parts of a decoder are {@code embedding.token}, {@code embedding.position}, {@code
 * embedding.in}, {@code embedding.out}, {@code norm} and {@code head}; those of a layer {@code
 * attention.norm}, {@code attention.query}, {@code attention.key}, {@code attention.value} or
 * {@code attention.qkv}, {@code attention.query.norm}, {@code attention.key.norm}, {@code
 * attention.out}, {@code attention.after}, {@code inner.norm}, {@code inner.gate}, {@code
 * inner.up}, {@code inner.down} and {@code inner.after}. Only those that the family has are needed.
 *
 * @param root prefix of everything but the head, which some files leave out
 * @param layers prefix of the numbered layers, below the root
 * @param stems checkpoint's name of each part, without {@code .weight} and {@code .bias}; the
 *     head's has no root, and where it is tied some files hold a copy of the embedding under it
 */
public record TensorNames(String root, String layers, Map<String, String> stems) {
  private static final Pattern NAME =
      Pattern.compile("(?:layers\\.(\\d+)\\.)?(.*)(\\.(?:weight|bias))");

  /** Copies the names. */
  public TensorNames {
    stems = Map.copyOf(stems);
  }

  /** Returns a checkpoint's name, the root left out if {@code rootless}. */
  String of(String parameter, boolean rootless) {
    Matcher name = NAME.matcher(parameter);
    verify(name.matches(), "no parameter is named %s", parameter);
    String part = name.group(2);
    String stem = verifyNotNull(stems.get(part), "no name for %s", parameter) + name.group(3);
    String prefix = rootless || part.equals("head") ? "" : root;
    return name.group(1) == null ? prefix + stem : prefix + layers + name.group(1) + "." + stem;
  }
}
