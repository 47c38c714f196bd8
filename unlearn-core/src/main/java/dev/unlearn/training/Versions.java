package dev.unlearn.training;

import ai.djl.engine.Engine;
import dev.unlearn.internal.Torch;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The versions that a report of a run or an audit names.
 *
 * @hidden not API
 */
public final class Versions {
  private Versions() {}

  /** Returns the versions of the library, DJL, PyTorch and Java, by name. */
  public static Map<String, String> all() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("unlearn", of(Versions.class.getPackage().getImplementationVersion()));
    versions.put("djl", Engine.getDjlVersion());
    versions.put("pytorch", Engine.getEngine(Torch.ENGINE).getVersion());
    versions.put("java", Runtime.version().toString());
    return versions;
  }

  /** Classes that do not come from a jar have no version. */
  private static String of(@Nullable String version) {
    return version == null ? "unpackaged" : version;
  }
}
