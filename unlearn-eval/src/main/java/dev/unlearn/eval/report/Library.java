package dev.unlearn.eval.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What a report needs and what this module has as optional dependencies. */
final class Library {
  private static final String ECHARTS = "org.webjars.npm:echarts";

  private final ClassLoader loader;

  Library(ClassLoader loader) {
    this.loader = loader;
  }

  static Library ofThisModule() {
    return new Library(Library.class.getClassLoader());
  }

  /** Checks that there is a template engine. */
  void checkTemplates() {
    check("com/samskivert/mustache/Mustache.class", "com.samskivert:jmustache");
  }

  /** Checks that there is a writer of CSV. */
  void checkCsv() {
    check("org/apache/commons/csv/CSVFormat.class", "org.apache.commons:commons-csv");
  }

  /** Returns the script of the chart library, of whichever version is there. */
  String charts() {
    String properties = "META-INF/maven/org.webjars.npm/echarts/pom.properties";
    check(properties, ECHARTS);
    Properties pom = new Properties();
    try (InputStream in = open(properties, ECHARTS)) {
      pom.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String version = pom.getProperty("version", "");
    return read(
        "META-INF/resources/webjars/echarts/" + version + "/dist/echarts.common.min.js", ECHARTS);
  }

  /** Returns a text of this package. */
  static String resource(String name) {
    return ofThisModule().read("dev/unlearn/eval/report/" + name, "unlearn-eval");
  }

  private String read(String path, String artifact) {
    try (InputStream in = open(path, artifact)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void check(String path, String artifact) {
    if (loader.getResource(path) == null) {
      throw missing(artifact);
    }
  }

  private InputStream open(String path, String artifact) {
    InputStream in = loader.getResourceAsStream(path);
    if (in == null) {
      throw missing(artifact);
    }
    return in;
  }

  private static IllegalStateException missing(String artifact) {
    return new IllegalStateException(
        "reports need " + artifact + " on the class path; add it as a dependency");
  }
}
