// What generated packages are made of: Debian's sections with their sizes in its release 12, how their packages are
// called, and words that their descriptions use.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace millwright::records::detail {

struct SectionWords {
  std::string_view name;
  int64_t weight;           // packages of it in 63,440
  std::string_view prefix;  // of package names
  std::string_view suffix;
  std::string_view words;  // of descriptions, space between
};

inline constexpr auto kSections = std::to_array<SectionWords>({
    {"libs", 6703, "lib", "1", "shared library runtime routines bindings functions API loader primitives"},
    {"libdevel", 5557, "lib", "-dev", "development headers static files compile linking pkgconfig includes"},
    {"python", 4544, "python3-", "", "Python module pythonic asyncio Django decorators pip wheel notebook"},
    {"doc", 4471, "", "-doc", "documentation manual HTML reference examples tutorial handbook pages"},
    {"perl", 4223, "lib", "-perl", "Perl module Moose CPAN closures accessors DBI attribute scalars"},
    {"devel", 3541, "", "-tools", "compiler debugger build source lint toolchain assembler refactoring"},
    {"utils", 2345, "", "", "utility command-line files archive rename backup checksum disk"},
    {"haskell", 2205, "libghc-", "-dev", "Haskell monad functor GHC lens lazy combinators typeclass"},
    {"net", 2039, "", "-client", "network client protocol download proxy peer router bandwidth"},
    {"rust", 1950, "librust-", "-dev", "Rust crate source code feature serde trait cargo borrow"},
    {"golang", 1935, "golang-github-", "-dev", "Go golang package goroutine interface context channel struct"},
    {"javascript", 1870, "node-", "", "JavaScript Node.js npm promise browserify callback webpack stream"},
    {"java", 1797, "lib", "-java", "Java Maven plugin servlet bean JVM annotations classpath"},
    {"science", 1654, "", "-science", "simulation molecular genome sequencing astronomy spectra solver chemistry"},
    {"admin", 1479, "", "-admin", "administration daemon logs users boot monitoring cluster privileges"},
    {"ruby", 1470, "ruby-", "", "Ruby gem Rails rack middleware mixin ActiveRecord rspec"},
    {"gnu-r", 1293, "r-cran-", "", "GNU R regression tidyverse dataframe CRAN ggplot2 estimation bayesian"},
    {"games", 1108, "", "-game", "game puzzle arcade levels player strategy multiplayer adventure"},
    {"x11", 1032, "", "-x11", "X11 window manager desktop panel compositor applet cursor"},
    {"text", 971, "", "-text", "text spelling converter markup PDF formatting dictionary Unicode"},
    {"misc", 838, "", "", "miscellaneous collection assorted various support general purpose"},
    {"sound", 835, "", "-audio", "audio synthesizer MIDI music player mixer sampler JACK"},
    {"php", 754, "php-", "", "PHP Symfony PEAR composer Horde template Laravel session"},
    {"graphics", 677, "", "-gfx", "image viewer photo rendering raster vector camera scanner"},
    {"fonts", 617, "fonts-", "", "font typeface TrueType glyphs serif OpenType script bold"},
    {"ocaml", 595, "lib", "-ocaml-dev", "OCaml ppx camlp4 functors lwt batteries toplevel dune"},
    {"lisp", 532, "elpa-", "", "Emacs Lisp minor mode buffer keybindings elisp org"},
    {"web", 471, "", "-web", "web browser blog CMS wiki bookmarks feed hosting"},
    {"gnome", 439, "gnome-", "", "GNOME desktop shell extension GTK settings nautilus applications"},
    {"math", 438, "", "-math", "algebra matrix polynomial numerical theorem integer geometry optimization"},
    {"mail", 366, "", "-mail", "mail IMAP SMTP mailbox spam delivery filter messages"},
    {"localization", 357, "", "-l10n", "localization translations language German French Catalan messages locale"},
    {"interpreters", 356, "", "-interp", "interpreter scripting embeddable bytecode REPL evaluator dynamic VM"},
    {"metapackages", 355, "", "-meta", "metapackage install depends complete recommended set everything blend"},
    {"editors", 338, "", "-editor", "editor vim syntax highlighting buffers plugin tabs modal"},
    {"cli-mono", 292, "lib", "-cil", "CLI Mono .NET assembly CIL bindings ECMA managed"},
    {"kde", 287, "k", "", "KDE Plasma Qt kio widget frameworks activities plasmoid"},
    {"introspection", 269, "gir1.2-", "", "GObject introspection data typelib gir binding GIRepository metadata"},
    {"database", 246, "", "-db", "database SQL PostgreSQL MySQL queries replication schema tables"},
    {"video", 230, "", "-video", "video codec subtitles movie DVD capture frames transcoder"},
    {"tasks", 222, "task-", "", "task environment install Debian selected tasksel pulls desktop"},
    {"electronics", 198, "", "-eda", "circuit PCB Verilog FPGA microcontroller schematic VHDL layout"},
    {"debug", 189, "", "-dbg", "debugging symbols debug backtrace stripped detached gdb crash"},
    {"otherosfs", 175, "", "-emu", "emulator filesystem ROM console Windows Apple ext4 image"},
    {"httpd", 152, "libapache2-mod-", "", "HTTP server Apache nginx FastCGI vhost reverse webserver"},
    {"tex", 145, "texlive-", "", "LaTeX TeX bibliography macros DVI PSTricks typesetting beamer"},
    {"hamradio", 137, "", "-radio", "amateur radio antenna SDR Morse packet repeater QSO"},
    {"comm", 135, "", "-comm", "telephony modem fax VoIP SMS Asterisk serial dialer"},
    {"oldlibs", 126, "", "-compat", "transitional dummy package obsolete removed safely legacy renamed"},
    {"vcs", 125, "git-", "", "version control git commits branches repository merge Mercurial"},
    {"kernel", 96, "linux-", "", "Linux kernel modules firmware DKMS headers driver initramfs"},
    {"xfce", 78, "xfce4-", "", "Xfce panel plugin Thunar goodies xfwm4 session settings"},
    {"gnustep", 67, "gnustep-", ".app", "GNUstep Objective-C OpenStep Cocoa AppKit bundle NeXT workspace"},
    {"shells", 35, "", "-shell", "shell bash prompt completion zsh POSIX login fish"},
    {"embedded", 23, "", "-embedded", "embedded device handheld firmware flashing OpenMoko cross bootloader"},
    {"education", 22, "", "-edu", "education children learning school typing teacher lessons quiz"},
    {"news", 21, "", "-news", "Usenet news NNTP newsreader articles newsgroups posting server"},
    {"zope", 15, "zope-", "", "Zope Plone product acquisition ZODB persistence page templates"},
});

inline constexpr std::string_view kCommonWords =
    "simple fast tool for with and modern support library based implementation providing small of easy lightweight "
    "powerful using generic flexible set interface system access common free advanced";

inline constexpr std::array kSyllables = {"ba",  "cor", "de", "fi",  "gra", "hel", "ix",  "jo",
                                          "ka",  "lum", "mi", "nor", "op",  "pra", "qui", "ros",
                                          "sen", "ti",  "ul", "ver", "wa",  "xe",  "yo",  "zan"};

inline constexpr std::array kDomains = {"debian.org",
                                        "lists.debian.org",
                                        "tracker.debian.org",
                                        "lists.alioth.debian.org",
                                        "ubuntu.com",
                                        "gmail.com",
                                        "gnu.org",
                                        "posteo.net",
                                        "univ.example",
                                        "kde.org",
                                        "mailbox.org",
                                        "riseup.net"};
/// Eight of eleven packages have the first.
inline constexpr std::array kPriorities = {"optional", "extra", "standard", "important"};
inline constexpr uint64_t kOptionalShare = 8;

}  // namespace millwright::records::detail
