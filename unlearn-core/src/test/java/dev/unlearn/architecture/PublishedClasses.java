package dev.unlearn.architecture;

import com.google.common.reflect.ClassPath;
import com.google.common.reflect.ClassPath.ClassInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.stream.Stream;

/**
 * The classes of the three published modules, be they folders or jars; tests are not among them.
 */
final class PublishedClasses {
  private static final ClassLoader LOADER = PublishedClasses.class.getClassLoader();

  private PublishedClasses() {}

  /** Returns those a user's code can name: public, and so are the ones around them. */
  static List<Class<?>> visible() {
    List<String> places =
        Stream.of("dev.unlearn.api", "dev.unlearn.eval", "dev.unlearn")
            .map(PublishedClasses::place)
            .toList();
    try {
      return ClassPath.from(LOADER).getAllClasses().stream()
          .filter(info -> info.getName().startsWith("dev.unlearn"))
          .filter(info -> places.stream().anyMatch(info.url().toString()::contains))
          .filter(info -> !info.getSimpleName().equals("package-info"))
          .<Class<?>>map(ClassInfo::load)
          .filter(PublishedClasses::isVisible)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isVisible(Class<?> type) {
    Class<?> around = type.getDeclaringClass();
    return Modifier.isPublic(type.getModifiers())
        && !type.isAnonymousClass()
        && (around == null || isVisible(around));
  }

  /** Every package has a package-info with annotations, so it is there as a class. */
  private static String place(String packageName) {
    try {
      Class<?> packageInfo = Class.forName(packageName + ".package-info", false, LOADER);
      return packageInfo.getProtectionDomain().getCodeSource().getLocation().toString();
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }
}
