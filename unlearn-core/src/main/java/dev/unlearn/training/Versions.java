package dev.unlearn.training;

import ai.djl.engine.Engine;
import dev.unlearn.internal.Torch;
import java.lang.module.ModuleDescriptor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

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
    versions.put("unlearn", unlearn());
    versions.put("djl", Engine.getDjlVersion());
    versions.put("pytorch", Engine.getEngine(Torch.ENGINE).getVersion());
    versions.put("java", Runtime.version().toString());
    return versions;
  }

  /** Returns the version of the jar; other classes have none. */
  private static String unlearn() {
    String ofPackage = Versions.class.getPackage().getImplementationVersion();
    ModuleDescriptor module = Versions.class.getModule().getDescriptor(); // null on the class path
    return Optional.ofNullable(ofPackage)
        .or(() -> Optional.ofNullable(module).flatMap(ModuleDescriptor::rawVersion))
        .orElse("unpackaged");
  }
}
