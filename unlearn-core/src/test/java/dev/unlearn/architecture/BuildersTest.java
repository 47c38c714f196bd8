package dev.unlearn.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.List;
import java.util.stream.Stream;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.pool.TypePool;
import org.junit.jupiter.api.Test;

/** What builders have in common. */
final class BuildersTest {
  private static final TypePool CLASS_FILES =
      TypePool.Default.of(BuildersTest.class.getClassLoader());

  /**
   * The packages refuse to have a result dropped, which an option in an {@code if} would do. The
   * annotation is in class files only, so they are read.
   */
  @Test
  void options_mayBeSetByStatements() {
    List<MethodDescription> options =
        PublishedClasses.visible().stream()
            .filter(type -> type.getSimpleName().endsWith("Builder"))
            .flatMap(type -> options(type.getName()))
            .toList();
    assertThat(options).hasSizeGreaterThan(100);
    assertThat(options)
        .filteredOn(
            option ->
                !option.getDeclaredAnnotations().isAnnotationPresent(CanIgnoreReturnValue.class))
        .isEmpty();
  }

  private static Stream<MethodDescription> options(String builder) {
    TypeDescription type = CLASS_FILES.describe(builder).resolve();
    return type.getDeclaredMethods().stream()
        .filter(method -> method.isPublic() && !method.isSynthetic())
        .filter(method -> method.getReturnType().asErasure().equals(type))
        .map(method -> (MethodDescription) method);
  }
}
