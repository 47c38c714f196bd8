package dev.unlearn.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What is API, as the changelog lists it: its signatures name nothing else, and it is documented.
 */
final class ApiSurfaceTest {
  private static final Path MODULE = Path.of(System.getProperty("basedir", "."));

  /** Packages that are API as a whole, with those below them. */
  private static final List<String> WITH_ALL_BELOW = List.of("dev.unlearn.spi", "dev.unlearn.eval");

  private static final Set<String> WHOLE =
      Set.of(
          "dev.unlearn",
          "dev.unlearn.api",
          "dev.unlearn.adapter",
          "dev.unlearn.attack",
          "dev.unlearn.guard",
          "dev.unlearn.objective",
          "dev.unlearn.optimizer",
          "dev.unlearn.progress",
          "dev.unlearn.rollback",
          "dev.unlearn.stop",
          "dev.unlearn.strategy");

  /** Packages of the engine room in which some types are API. */
  private static final Map<String, Set<String>> PARTS =
      Map.of(
          "dev.unlearn.training",
          Set.of("Updates", "UpdateResult"),
          "dev.unlearn.model",
          Set.of("LoadOptions", "SaveOptions", "Precision", "WeightType", "Signature"),
          "dev.unlearn.model.tokenizer",
          Set.of("HfTokenizer"),
          "dev.unlearn.model.hf",
          Set.of("Family", "HfConfig", "TensorNames", "Layers", "Activations", "RotaryConfig"),
          "dev.unlearn.model.decoder",
          Set.of(
              "DecoderSpec",
              "LayerSpec",
              "NormSpec",
              "RotarySpec",
              "Activation",
              "BlockForm",
              "QkvLayout",
              "LinearLayout"));

  @Test
  void signatures_nameApiOnly() {
    List<Class<?>> api = PublishedClasses.visible().stream().filter(this::isApi).toList();
    assertThat(api).hasSizeGreaterThan(200);
    Set<String> leaks = new TreeSet<>();
    for (Class<?> type : api) {
      for (Class<?> named : namedBy(type)) {
        if (!isAllowed(named)) {
          leaks.add(type.getName() + " names " + named.getName());
        }
      }
    }
    assertThat(leaks).isEmpty();
  }

  @Test
  void parts_areThere() {
    Set<String> visible = new HashSet<>();
    PublishedClasses.visible().forEach(type -> visible.add(type.getName()));
    PARTS.forEach(
        (place, names) -> names.forEach(name -> assertThat(visible).contains(place + "." + name)));
  }

  @Test
  void documentation_hidesTheRest() throws IOException {
    Set<String> excluded = excludedPackages();
    for (Class<?> type : PublishedClasses.visible()) {
      boolean hidden = excluded.contains(type.getPackageName());
      if (PARTS.containsKey(type.getPackageName())) {
        hidden |= isTagged(type);
      }
      assertThat(hidden).as("whether %s is hidden", type).isEqualTo(!isApi(type));
    }
  }

  /** Whether the comment of a type has the tag; nested types have pages of their own. */
  private static boolean isTagged(Class<?> type) throws IOException {
    String file = type.getName().replaceFirst("\\$.*", "").replace('.', '/') + ".java";
    return Pattern.compile(
            "@hidden not API\\s+\\*/\\s+(@\\S+\\s+)*(public )?[a-z ]*"
                + type.getSimpleName()
                + "\\b")
        .matcher(Files.readString(MODULE.resolve("src/main/java").resolve(file)))
        .find();
  }

  private static Set<String> excludedPackages() throws IOException {
    Matcher excluded =
        Pattern.compile("<excludePackageNames>(.*)</excludePackageNames>")
            .matcher(Files.readString(MODULE.resolve("../pom.xml")));
    assertThat(excluded.find()).isTrue();
    return Set.of(excluded.group(1).split(":"));
  }

  private boolean isApi(Class<?> type) {
    Class<?> around = type.getDeclaringClass();
    if (around != null) {
      return isApi(around);
    }
    String place = type.getPackageName();
    return WHOLE.contains(place)
        || WITH_ALL_BELOW.stream().anyMatch(p -> place.equals(p) || place.startsWith(p + "."))
        || PARTS.getOrDefault(place, Set.of()).contains(type.getSimpleName());
  }

  private boolean isAllowed(Class<?> type) {
    String name = type.getName();
    return type.isPrimitive()
        || name.startsWith("java.")
        || (name.startsWith("ai.djl.") && !name.startsWith("ai.djl.pytorch."))
        || isApi(type);
  }

  /** Every class in the signatures that a user of a type, or a subclass, can see. */
  private static Set<Class<?>> namedBy(Class<?> type) {
    List<Type> types = new ArrayList<>(Arrays.asList(type.getGenericInterfaces()));
    if (type.getGenericSuperclass() != null) {
      types.add(type.getGenericSuperclass());
    }
    types.addAll(Arrays.asList(type.getTypeParameters()));
    Stream.<Executable>concat(
            Arrays.stream(type.getDeclaredConstructors()), Arrays.stream(type.getDeclaredMethods()))
        .filter(ApiSurfaceTest::isSeen)
        .forEach(
            executable -> {
              types.addAll(Arrays.asList(executable.getGenericParameterTypes()));
              types.addAll(Arrays.asList(executable.getGenericExceptionTypes()));
              types.addAll(Arrays.asList(executable.getTypeParameters()));
              if (executable instanceof Method method) {
                types.add(method.getGenericReturnType());
              }
            });
    Arrays.stream(type.getDeclaredFields())
        .filter(ApiSurfaceTest::isSeen)
        .map(Field::getGenericType)
        .forEach(types::add);
    Set<Class<?>> classes = new HashSet<>();
    types.forEach(each -> collect(each, classes, new HashSet<>()));
    return classes;
  }

  private static boolean isSeen(Member member) {
    return !member.isSynthetic()
        && (Modifier.isPublic(member.getModifiers())
            || Modifier.isProtected(member.getModifiers()));
  }

  private static void collect(Type type, Set<Class<?>> classes, Set<Type> seen) {
    if (!seen.add(type)) {
      return; // as in T extends Comparable<T>
    }
    if (type instanceof Class<?> named) {
      classes.add(elementOf(named));
    } else if (type instanceof ParameterizedType generic) {
      collect(generic.getRawType(), classes, seen);
      collectAll(generic.getActualTypeArguments(), classes, seen);
    } else if (type instanceof GenericArrayType array) {
      collect(array.getGenericComponentType(), classes, seen);
    } else if (type instanceof WildcardType wildcard) {
      collectAll(wildcard.getUpperBounds(), classes, seen);
      collectAll(wildcard.getLowerBounds(), classes, seen);
    } else if (type instanceof TypeVariable<?> variable) {
      collectAll(variable.getBounds(), classes, seen);
    }
  }

  private static void collectAll(Type[] types, Set<Class<?>> classes, Set<Type> seen) {
    for (Type type : types) {
      collect(type, classes, seen);
    }
  }

  private static Class<?> elementOf(Class<?> type) {
    return type.isArray() ? elementOf(type.getComponentType()) : type;
  }
}
