# Owners in a named volume: surveyed, changed, restored, or only looked at. Runs as root in a container of its own
# that has the volume and nothing else, with the capabilities CHOWN and DAC_READ_SEARCH.
#
#   python3 -I -S -B -c SCRIPT VERB ROOT UID GID MOST DEPTH SECONDS [LIST]
#
# VERB is survey, change, restore or standing; the last three read the undo list LIST. Prints NDJSON whose last line
# is {"end": …} or {"problem": …}: without it the answer is incomplete. No link is followed, no mount point crossed;
# every thing is held by a descriptor (O_PATH) that what is looked at and what is changed go through.
import binascii, errno, json, os, stat, sys, time

NAMED = 5
MOST_SKIPPED = 200
KINDS = ((stat.S_ISDIR, 'folder'), (stat.S_ISREG, 'file'), (stat.S_ISLNK, 'symlink'), (stat.S_ISSOCK, 'socket'),
         (stat.S_ISFIFO, 'fifo'))


class Stop(Exception):
    def __init__(self, kind, **told):
        Exception.__init__(self, kind)
        self.told = dict(told, kind=kind)


def say(**line):
    sys.stdout.write(json.dumps(line, separators=(',', ':')) + '\n')


def path_fields(path):
    try:
        return {'path': path.decode('utf-8')}
    except UnicodeDecodeError:
        return {'path64': binascii.b2a_base64(path).decode('ascii').strip()}


def path_of(fields):
    if 'path' in fields:
        return fields['path'].encode('utf-8')
    return binascii.a2b_base64(fields['path64'])


class Thing:
    """One thing, held; fd is our own."""

    def __init__(self, fd):
        self.fd = fd
        try:
            found = os.fstat(fd)
            self.dev, self.ino, self.names = found.st_dev, found.st_ino, found.st_nlink
            self.uid, self.gid, self.mode = found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)
            self.kind = next((kind for test, kind in KINDS if test(found.st_mode)), None)
            self.mount = mount(fd)
        except BaseException:
            os.close(fd)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def rights(self):
        return (self.uid, self.gid, self.mode)

    def is_elsewhere(self, base):
        return (self.dev, self.mount) != (base.dev, base.mount)

    def by_number(self):
        return '/proc/self/fd/%d' % self.fd

    def has_capabilities(self):
        try:
            return bool(os.getxattr(self.by_number(), 'security.capability'))
        except OSError as error:
            if error.errno in (errno.ENODATA, errno.ENOTSUP):
                return False
            raise


def mount(fd):
    with open('/proc/self/fdinfo/%d' % fd) as info:
        for line in info:
            if line.startswith('mnt_id:'):
                return int(line.split(':')[1])
    raise OSError(errno.ENOSYS, 'the kernel does not tell mounts apart')


def pin(name, folder=None):
    return Thing(os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder))


def in_time():
    if time.monotonic() > END:
        raise Stop('late')


# ---- survey

class Survey:
    def __init__(self, base):
        self.base = base
        self.seen = 0
        self.skipped = 0

    def skip(self, path, why):
        self.skipped += 1
        if self.skipped <= MOST_SKIPPED:
            say(skipped=dict(path_fields(path), why=why))

    def visit(self, thing, path, depth):
        in_time()
        self.seen += 1
        if self.seen > MOST:
            raise Stop('too-many', what='things in it', most=MOST)
        if thing.is_elsewhere(self.base):
            return self.skip(path, 'mount')
        if thing.kind is None:
            return self.skip(path, 'device')
        if (thing.uid, thing.gid) != WANTED:
            self.judge(thing, path)
        if thing.kind == 'folder':
            self.descend(thing, path, depth)

    def judge(self, thing, path):
        try:
            if thing.kind != 'folder' and thing.names > 1:
                return self.skip(path, {'hard-link': thing.names})
            if thing.kind == 'file' and thing.mode & 0o6000:
                return self.skip(path, 'set-id')
            if thing.kind == 'file' and thing.has_capabilities():
                return self.skip(path, 'capabilities')
        except OSError as error:
            return self.skip(path, {'unreadable': error.strerror})
        say(dev=thing.dev, ino=thing.ino, kind=thing.kind, uid=thing.uid, gid=thing.gid, mode='%04o' % thing.mode,
            **path_fields(path))

    def descend(self, thing, path, depth):
        try:
            listed = os.open('.', os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=thing.fd)
            try:
                names = sorted(os.fsencode(name) for name in os.listdir(listed))
            finally:
                os.close(listed)
        except OSError as error:
            if error.errno != errno.ENOENT:
                self.skip(path, {'unreadable': error.strerror})
            return
        if names and depth >= DEPTH:
            raise Stop('too-many', what='levels of folders', most=DEPTH)
        for name in names:
            below = path + b'/' + name if path else name
            try:
                held = pin(name, thing.fd)
            except OSError as error:
                if error.errno != errno.ENOENT:
                    self.skip(below, {'unreadable': error.strerror})
                continue
            with held:
                self.visit(held, below, depth + 1)


# ---- change, restore, standing

class Moved(Exception):
    pass


def find(base, path):
    """The thing at a path of the list; never over a link or a mount."""
    held = pin('.', base.fd)
    try:
        for name in path.split(b'/') if path else ():
            if name in (b'', b'.', b'..'):
                raise Stop('unusable', words='a path that leaves the volume')
            below = pin(name, held.fd)
            os.close(held.fd)
            held = below
            if held.is_elsewhere(base):
                raise Moved('something is mounted there now')
    except BaseException as error:
        os.close(held.fd)
        if isinstance(error, OSError) and error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise Moved('gone')
        raise
    return held


def look(base, entry):
    """The entry's thing, if it is that still."""
    thing = find(base, entry['path'])
    if thing.ino != entry['ino'] or thing.kind != entry['kind']:
        os.close(thing.fd)
        raise Moved('replaced')
    if thing.kind != 'folder' and thing.names > 1:
        os.close(thing.fd)
        raise Moved('has more names now')
    return thing


def was(entry):
    return (entry['uid'], entry['gid'], entry['mode'])


def wished(entry):
    return WANTED + (entry['mode'],)


def words(rights):
    return '%d:%d %04o' % rights


def count(base, entries):
    counted = {'done': 0, 'left': 0, 'moved': 0, 'named': []}
    for entry in entries:
        in_time()
        try:
            with look(base, entry) as thing:
                if thing.rights() == wished(entry):
                    counted['done'] += 1
                    continue
                if thing.rights() == was(entry):
                    counted['left'] += 1
                    continue
                why = words(thing.rights())
        except Moved as moved:
            why = str(moved)
        counted['moved'] += 1
        if len(counted['named']) < NAMED:
            counted['named'].append(dict(path_fields(entry['path']), why=why))
    return counted


def run(base, entries, order, before, after):
    counted = count(base, entries)
    if counted['moved']:
        raise Stop('moved-on', moved=counted['moved'], named=counted['named'])
    changed = already = 0
    for entry in entries[::order]:
        try:
            if one(base, entry, before(entry), after(entry)):
                changed += 1
            else:
                already += 1
        except Stop as stop:
            stop.told.update(done=changed, left=len(entries) - changed - already)
            raise
    return {'changed': changed, 'already': already}


def one(base, entry, before, after):
    in_time()
    told = path_fields(entry['path'])
    try:
        with look(base, entry) as thing:
            now = thing.rights()
            if now == after:
                return False
            if now != before:
                raise Moved(words(now))
            os.chown(thing.by_number(), after[0], after[1])
            found = os.fstat(thing.fd)
            found = (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))
            if found != after:
                raise Stop('system', error='its file system does not keep owners', **told)
            return True
    except Moved as moved:
        raise Stop('moved-on', moved=1, named=[dict(told, why=str(moved))])
    except OSError as error:
        raise Stop('system', error=error.strerror, **told)


def read(path, base):
    with open(path, encoding='utf-8', newline='\n') as lines:
        header = json.loads(next(lines))
        if header['version'] != 1 or header['kind'] != 'volume':
            raise Stop('unusable', words='not an undo list of a volume that this script reads')
        if header['wanted'] != {'owner': {'uid': WANTED[0], 'gid': WANTED[1]}}:
            raise Stop('unusable', words='the list wishes for another owner')
        entries = []
        for line in lines:
            entry = json.loads(line)
            entries.append({'path': path_of(entry), 'ino': entry['ino'], 'kind': entry['kind'], 'uid': entry['uid'],
                            'gid': entry['gid'], 'mode': int(entry['mode'], 8)})
    if len(entries) != header['entries']:
        raise Stop('unusable', words='the list was cut off')
    if header['ino'] != base.ino:
        raise Stop('moved-on', moved=1, named=[{'path': '', 'why': 'it is another volume now'}])
    return entries


def main():
    with pin(ROOT) as base:
        if base.kind != 'folder':
            raise Stop('unusable', words='no folder')
        if VERB == 'survey':
            say(root={'dev': base.dev, 'ino': base.ino})
            survey = Survey(base)
            with pin('.', base.fd) as root:
                survey.visit(root, b'', 0)
            return {'seen': survey.seen, 'skipped': survey.skipped}
        entries = read(sys.argv[8], base)
        if VERB == 'change':
            return run(base, entries, 1, was, wished)
        if VERB == 'restore':
            return run(base, entries, -1, wished, was)
        return count(base, entries)


VERB, ROOT = sys.argv[1:3]
WANTED = (int(sys.argv[3]), int(sys.argv[4]))
MOST, DEPTH = int(sys.argv[5]), int(sys.argv[6])
END = time.monotonic() + float(sys.argv[7])
try:
    say(end=main())
except Stop as stop:
    say(problem=stop.told)
except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
    say(problem={'kind': 'system', 'error': '%s: %s' % (type(error).__name__, error)})
sys.stdout.flush()
